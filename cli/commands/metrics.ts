import type { Command } from 'commander';
import type { MetricList, MetricRow } from '../../schemas/api/metrics.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';
import { type Column, renderTable } from '../table.ts';

interface MetricOptions {
  org?: string;
  capability?: string;
  type?: string;
  from?: string;
  to?: string;
  groupBy?: string;
}

/** `metrics`: figures of a range as a table. */
export function addMetricsCommand(program: Command, io: Io): void {
  program
    .command('metrics')
    .description('show counts, averages, percentiles and SLA compliance')
    .option('--org <code>', 'only this organization')
    .option('--capability <code>', 'only this capability')
    .option('--type <metricType>', 'only this type of metric')
    .option('--from <instant>', 'start: a date or a date-time')
    .option('--to <instant>', 'end: a date (inclusive) or a date-time (exclusive)')
    .option('--group-by <dimension>', 'a row for each value of this dimension')
    .action(async (options: MetricOptions, command: Command) => {
      const { client, io: streams, show, isJson } = createContext(command, io);
      const { org, capability, type, from, to, groupBy } = options;
      const query = { orgCode: org, capability, metricType: type, from, to, groupBy };
      const answer = await client.get<MetricList>('/api/v1/metrics', query);
      show(answer, ({ data }) => renderTable(columnsFor(groupBy), data));
      const { data, meta } = answer;
      if (!isJson && meta.totalCount > data.length) {
        streams.err(`the first ${data.length} of ${meta.totalCount} rows; narrow the selection to see others\n`);
      }
    });
}

function columnsFor(dimension: string | undefined): Column<MetricRow>[] {
  const group = { title: dimension ?? '', value: (row: MetricRow) => row.dimensions?.[dimension ?? ''] };
  return dimension === undefined ? [...names, ...figures] : [...names, group, ...figures];
}

const names: Column<MetricRow>[] = [
  { title: 'ORG', value: ({ orgCode }) => orgCode },
  { title: 'CAPABILITY', value: ({ capabilityCode }) => capabilityCode },
  { title: 'METRIC', value: ({ metricType }) => metricType },
];

const figures: Column<MetricRow>[] = [
  { title: 'COUNT', value: ({ count }) => count },
  { title: 'AVG', value: ({ avg }) => avg },
  { title: 'P50', value: ({ p50 }) => p50 },
  { title: 'P95', value: ({ p95 }) => p95 },
  { title: 'MIN', value: ({ min }) => min },
  { title: 'MAX', value: ({ max }) => max },
  { title: 'SLA %', value: ({ slaCompliance }) => (slaCompliance === null ? null : slaCompliance * 100) },
];
