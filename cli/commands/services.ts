import type { Command } from 'commander';
import { SERVICE_LIST_LIMITS, type Service, type ServiceList } from '../../schemas/api/telemetry-services.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';
import { type Column, renderTable } from '../table.ts';

interface ServiceOptions {
  org?: string;
  since?: string;
}

/** `services`: what sends telemetry, by name. */
export function addServicesCommand(program: Command, io: Io): void {
  program
    .command('services')
    .description('show the services that send telemetry')
    .option('--org <code>', 'only this organization')
    .option('--since <instant>', `seen since, RFC 3339; ${SERVICE_LIST_LIMITS.defaultDays} days ago when absent`)
    .action(async ({ org, since }: ServiceOptions, command: Command) => {
      const { client, io: streams, show, isJson } = createContext(command, io);
      const query = { orgCode: org, since, limit: SERVICE_LIST_LIMITS.pageSize };
      const answer = await client.get<ServiceList>('/api/v1/telemetry/services', query);
      show(answer, ({ services }) => renderTable(columns, services));
      const { services, total } = answer;
      if (!isJson && total > services.length) streams.err(`the first ${services.length} of ${total} services\n`);
    });
}

const columns: Column<Service>[] = [
  { title: 'ORG', value: ({ org_code: org }) => org },
  { title: 'SERVICE', value: ({ service_id: service }) => service },
  { title: 'LAST SEEN', value: ({ last_seen: at }) => at },
  { title: 'METRICS', value: ({ last_seen_by_kind: { metrics } }) => metrics },
  { title: 'LOGS', value: ({ last_seen_by_kind: { logs } }) => logs },
  { title: 'ENVIRONMENT', value: ({ environment }) => environment },
  { title: 'VERSION', value: ({ version }) => version },
];
