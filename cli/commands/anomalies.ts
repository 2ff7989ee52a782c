import { type Command, Option } from 'commander';
import type { Anomaly, AnomalyKind, AnomalyList } from '../../schemas/api/anomalies.ts';
import { wholeNumber } from '../arguments.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { type Context, createContext } from '../settings.ts';
import { type Column, printable, renderTable } from '../table.ts';

interface AnomalyOptions {
  org?: string;
  service?: string;
  kind?: string;
  open?: boolean;
  minScore?: string;
  since?: string;
  until?: string;
  limit: number;
  follow?: boolean;
  interval: number;
}

type Filter = Readonly<Record<string, string | number | undefined>>;

const kinds = ['alert', 'statistical', 'missing_data'] as const satisfies readonly AnomalyKind[];
const defaultRows = 50;
const maxRows = 1_000;
const defaultIntervalS = 5;
const maxIntervalS = 3_600;

/** `anomalies`: what is out of the ordinary, newest first; with --follow in the order in which it becomes known, until interrupted. */
export function addAnomaliesCommand(program: Command, io: Io): void {
  program
    .command('anomalies')
    .description('show anomalies, newest first')
    .option('--org <code>', 'only this organization')
    .option('--service <id>', 'only this service')
    .addOption(new Option('--kind <kind>', 'only what was found this way').choices(kinds))
    .option('--open', 'only what is not over')
    .option('--min-score <score>', 'lowest score, 0 to 1')
    .option('--since <instant>', 'start, RFC 3339')
    .option('--until <instant>', 'end, RFC 3339')
    .option('--limit <n>', 'the newest at most', wholeNumber(1, maxRows), defaultRows)
    .option('--follow', 'go on with a line for each that is new, or resolved')
    .option('--interval <seconds>', 'between two looks with --follow', wholeNumber(1, maxIntervalS), defaultIntervalS)
    .action(async (options: AnomalyOptions, command: Command) => {
      const context = createContext(command, io);
      const { org, service, kind, minScore, since, until } = options;
      if (options.follow && until !== undefined)
        throw new CliError(EXIT.usage, '--follow has no end: leave --until out');
      const resolved = options.open ? 'false' : undefined;
      const filter = { orgCode: org, service_id: service, kind, resolved, min_score: minScore, since, until };
      if (options.follow) return await follow(context, filter, options);
      const { anomalies } = await look(context, { ...filter, limit: options.limit });
      context.show({ anomalies }, (answer) => renderTable(columns, answer.anomalies));
    });
}

const look = ({ client }: Context, query: Filter): Promise<AnomalyList> => client.get('/api/v1/anomalies', query);

/** The first look shows the newest `limit`, every later one what has changed among the newest thousand. */
async function follow(context: Context, filter: Filter, { limit, interval }: AnomalyOptions): Promise<void> {
  let shown = new Set<string>();
  for (let isFirst = true; ; isFirst = false) {
    const { anomalies } = await look(context, { ...filter, limit: maxRows });
    const fresh = anomalies.filter((anomaly) => !shown.has(stateOf(anomaly)));
    shown = new Set(anomalies.map(stateOf));
    for (const anomaly of (isFirst ? fresh.slice(0, limit) : fresh).reverse()) showLine(context, anomaly);
    await context.io.sleep(interval * 1_000);
  }
}

const stateOf = ({ anomaly_id: id, resolved }: Anomaly): string => `${id} ${resolved}`;

function showLine({ io, isJson }: Context, anomaly: Anomaly): void {
  const cells = columns.map(({ value }) => printable(String(value(anomaly) ?? '-')));
  io.out(isJson ? `${JSON.stringify(anomaly)}\n` : `${cells.join('  ')}\n`);
}

const columns: Column<Anomaly>[] = [
  { title: 'AT', value: ({ detected_at: at }) => at },
  {
    title: 'STATE',
    value: ({ resolved, muted_by: window }) => (resolved ? 'resolved' : window === null ? 'open' : 'muted'),
  },
  { title: 'SCORE', value: ({ anomaly_score: score }) => score },
  { title: 'SUBJECT', value: ({ subject }) => subject },
  { title: 'METRIC', value: ({ metric_name: metric }) => metric },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'ID', value: ({ anomaly_id: id }) => id },
];
