import { parseArgs } from 'node:util';
import { ArgumentError } from '../audit/read-arguments.ts';
import type { Overrides } from './overrides.ts';

export interface ReplayArguments {
  /** Milliseconds since the epoch; `to` exclusive. */
  from: number;
  to: number;
  /** Code or id. */
  tenant?: string;
  overrides: Overrides;
  json: boolean;
  keep: boolean;
}

export const USAGE = `npm run replay -- --from <date-time> --to <date-time> --set <name>=<value> [--set …] [--tenant <code>] [--json] [--keep]

Folds what the log holds twice, as it was and with other settings, each into a database of its own, and prints what differs
among the events, alarms, anomalies and cases from --from to --to. Nothing of the running pipeline changes.
  --from, --to   event time, RFC 3339, such as 2026-03-01T00:00:00Z; --to is exclusive
  --tenant       only the organization with this code or id
  --set          sla.target=<number>           target of every event that has one
                 sla.target.<value>=<number>   the same, where the SLA dimension of the metric (such as urgency) has this value
                 slo.objective=<0..1>          objective of every SLO
                 anomalies.threshold=<number>  score from which a point is anomalous (3 and 3.5 for long and short incidents)
                 cases.target_ms=<number>      target of every case flow
  --json         the result as one JSON document
  --keep         leaves both databases, and says their names
Ends with 0, or with 2 when it could not compare.`;

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  tenant: { type: 'string' },
  set: { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
} as const;
const targetPrefix = 'sla.target.';

/** Throws {@link ArgumentError} on anything it does not know, and on values that cannot be. */
export function readArguments(args: readonly string[]): ReplayArguments {
  const { from, to, tenant, set = [], json, keep } = parse(args);
  const range = { from: instant('--from', from), to: instant('--to', to) };
  if (range.to <= range.from) throw new ArgumentError('--to must be later than --from');
  if (set.length === 0) throw new ArgumentError('--set is missing: without it there is nothing to compare');
  return { ...range, ...(tenant === undefined ? {} : { tenant }), overrides: readOverrides(set), json, keep };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function instant(name: string, text: string | undefined): number {
  if (text === undefined) throw new ArgumentError(`${name} is missing`);
  const at = /^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at)) throw new ArgumentError(`${name} is ${JSON.stringify(text)}; expected a date-time`);
  return at;
}

function readOverrides(settings: readonly string[]): Overrides {
  const slaTargets = new Map<string, number>();
  const overrides: Overrides = { slaTargets };
  for (const setting of settings) {
    const [name, number] = readSetting(setting);
    if (name === 'sla.target') overrides.slaTarget = number;
    else if (name.startsWith(targetPrefix)) slaTargets.set(name.slice(targetPrefix.length), number);
    else if (name === 'slo.objective') overrides.sloObjective = within(setting, number, { above: 0, below: 1 });
    else if (name === 'anomalies.threshold') overrides.anomalyThreshold = within(setting, number, { above: 0 });
    else if (name === 'cases.target_ms') overrides.caseTargetMs = Math.round(within(setting, number, { above: 0 }));
    else throw new ArgumentError(`--set ${setting}: there is no such setting`);
  }
  return overrides;
}

function readSetting(setting: string): [name: string, number: number] {
  const at = setting.lastIndexOf('=');
  const text = setting.slice(at + 1);
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (at <= 0 || !Number.isFinite(number)) throw new ArgumentError(`--set ${setting}: expected <name>=<number>`);
  return [setting.slice(0, at), number];
}

function within(
  setting: string,
  number: number,
  { above, below = Number.POSITIVE_INFINITY }: { above: number; below?: number },
): number {
  if (number > above && number < below) return number;
  throw new ArgumentError(
    `--set ${setting}: expected more than ${above}${below < Infinity ? `, less than ${below}` : ''}`,
  );
}
