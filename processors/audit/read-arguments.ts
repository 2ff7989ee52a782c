import { parseArgs } from 'node:util';

export interface AuditArguments {
  /** Seconds since the epoch; absent: no bound. */
  from?: number;
  to?: number;
  tenant?: string;
  repair: boolean;
  json: boolean;
  /** Verify the chains of the audit log instead. */
  chain: boolean;
}

/** The command line cannot be understood; the message says what is wrong with it. */
export class ArgumentError extends Error {
  override name = 'ArgumentError';
}

export const USAGE = `npm run audit -- [--repair] [--from <date>] [--to <date>] [--tenant <org_…>] [--json]
npm run audit -- --chain [--json]

Compares every rollup cell with what it is made from, whole days (UTC) at a time.
  --repair   rebuild what is wrong, then compare again
  --from     first day or moment, such as 2026-03-01
  --to       last day (inclusive) or a moment (exclusive)
  --tenant   only the organization with this id
  --chain    verify the hash chains of the audit log of the control plane instead: names the first broken row of each
  --json     the result as one JSON document
Ends with 0 when every cell (or row) is right at the end, with 1 when not, with 2 when it could not compare.`;

const dayMs = 86_400_000;
const options = {
  repair: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  chain: { type: 'boolean', default: false },
  from: { type: 'string' },
  to: { type: 'string' },
  tenant: { type: 'string' },
} as const;

/** Throws {@link ArgumentError} on an unknown option and on a date that is none. */
export function readArguments(args: readonly string[]): AuditArguments {
  const { from, to, tenant, ...switches } = parse(args);
  if (switches.chain && (switches.repair || (from ?? to ?? tenant) !== undefined))
    throw new ArgumentError('--chain verifies every row and changes none: it goes with --json only');
  return {
    ...switches,
    ...(from === undefined ? {} : { from: Math.floor(instant('--from', from) / 1000) }),
    ...(to === undefined ? {} : { to: Math.ceil((instant('--to', to) + (isDate(to) ? dayMs : 0)) / 1000) }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);

function instant(name: string, text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T.+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(at)) throw new ArgumentError(`${name} is ${JSON.stringify(text)}; expected a date or date-time`);
  return at;
}
