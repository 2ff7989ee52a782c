import type { Command } from 'commander';
import type { Static } from 'typebox';
import type { TenantSchema } from '../../schemas/api/tenants.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';
import { printable, renderTable } from '../table.ts';

type Tenant = Static<typeof TenantSchema>;

interface NewTenantOptions {
  name?: string;
  plan?: string;
  contactEmail?: string;
}

/** `tenant create`, `tenant list`: for super-admins. */
export function addTenantCommands(program: Command, io: Io): void {
  const tenant = program.command('tenant').description('create and list tenants (super-admin)');
  tenant
    .command('create')
    .description('create a tenant')
    .argument('<tenant_id>', 'its slug, such as acme-corp')
    .option('--name <name>', 'its name; the slug when absent')
    .option('--plan <plan>', 'its plan')
    .option('--contact-email <address>', 'whom to write to')
    .action(async (id: string, options: NewTenantOptions, command: Command) => {
      const { client, show } = createContext(command, io);
      const body = {
        tenant_id: id,
        name: options.name ?? id,
        ...(options.plan === undefined ? {} : { plan: options.plan }),
        ...(options.contactEmail === undefined ? {} : { contact_email: options.contactEmail }),
      };
      const created = await client.post<Pick<Tenant, 'tenant_id' | 'created_at'>>('/api/v1/tenants', body);
      show(created, ({ tenant_id, created_at }) => `created ${printable(tenant_id)} at ${created_at}\n`);
    });
  tenant
    .command('list')
    .description('list all tenants')
    .action(async (_options: object, command: Command) => {
      const { client, show } = createContext(command, io);
      show(await client.get<{ tenants: Tenant[] }>('/api/v1/tenants'), ({ tenants }) => renderTable(columns, tenants));
    });
}

const columns = [
  { title: 'TENANT', value: (tenant: Tenant) => tenant.tenant_id },
  { title: 'NAME', value: (tenant: Tenant) => tenant.name },
  { title: 'PLAN', value: (tenant: Tenant) => tenant.plan },
  { title: 'EVENTS THIS MONTH', value: (tenant: Tenant) => tenant.events_this_month },
  { title: 'CREATED', value: (tenant: Tenant) => tenant.created_at },
];
