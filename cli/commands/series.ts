import { type Command, Option } from 'commander';
import type { Series, SeriesPoint } from '../../schemas/api/metrics.ts';
import { pathPart } from '../arguments.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';
import { type Column, renderTable } from '../table.ts';

interface SeriesOptions {
  from: string;
  to: string;
  interval: string;
  org?: string;
  tz?: string;
  fill?: string;
}

/** `series`: one metric over time as a table. */
export function addSeriesCommand(program: Command, io: Io): void {
  program
    .command('series')
    .description('show one metric over time')
    .argument('<metricId>', 'such as met_P2P_CycleTime')
    .requiredOption('--from <instant>', 'start: a date or a date-time')
    .requiredOption('--to <instant>', 'end: a date (inclusive) or a date-time (exclusive)')
    .addOption(
      new Option('--interval <interval>', 'length of a bucket')
        .choices(['minute', 'hour', 'day', 'week', 'month'])
        .default('day'),
    )
    .option('--org <code>', 'organization, where the key spans several')
    .option('--tz <zone>', 'time zone of the buckets, such as Europe/Berlin')
    .addOption(new Option('--fill <what>', 'show buckets without events as').choices(['null', 'zero']))
    .action(async (id: string, options: SeriesOptions, command: Command) => {
      const { client, show } = createContext(command, io);
      const { from, to, interval, org, tz, fill } = options;
      const query = { from, to, interval, orgCode: org, tz, fill };
      const answer = await client.get<Series>(`/api/v1/metrics/${pathPart(id)}/series`, query);
      show(answer, ({ series }) => renderTable(columns, series));
    });
}

const columns: Column<SeriesPoint>[] = [
  { title: 'DATE', value: ({ date }) => date },
  { title: 'COUNT', value: ({ count }) => count },
  { title: 'AVG', value: ({ avg }) => avg },
  { title: 'P50', value: ({ p50 }) => p50 },
  { title: 'P95', value: ({ p95 }) => p95 },
  { title: 'MIN', value: ({ min }) => min },
  { title: 'MAX', value: ({ max }) => max },
  { title: 'SLA %', value: ({ slaCompliance }) => (slaCompliance === null ? null : slaCompliance * 100) },
];
