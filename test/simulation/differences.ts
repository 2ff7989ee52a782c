import { cellsOfEvents, type EventRow, rollupTables, type Tables, totalCells } from './tables.ts';
import { type Appended, expectedRows, poisonPositions } from './workload.ts';

/** What the log says must be stored. */
export type ExpectedRows = (appended: readonly Appended[]) => EventRow[];

/** What is there at the end. */
export interface Stored {
  tables: Tables;
  /** Positions of records that were set aside. */
  deadLetters: ReadonlySet<string>;
  /** Default: the events. */
  expect?: ExpectedRows;
  /** What makes a text of poison. Default: that of events. */
  decode?: (value: Uint8Array) => unknown;
}

/** Compares what is stored with what the log says must be: raw rows, ids, every cell of every rollup, dead letters. */
export function findDifferences(
  appended: readonly Appended[],
  { tables, deadLetters, expect = expectedRows, decode }: Stored,
): string[] {
  const expected = expect(appended);
  const ids = expected.filter(({ clientId }) => clientId).map(describePosition);
  const totals = expected.filter(({ total }) => total !== undefined).map(describeTotal);
  return [
    ...compare('events', tables.events.map(describeRow), expected.map(describeRow)),
    // A repeated row of `event_ids` says the same twice: it is looked up, never counted. A dead letter is at least one.
    ...compare('event_ids', [...new Set(tables.eventIds.map(describePosition))], ids),
    ...compare('series_totals', [...new Set(tables.totals.map(describeTotal))], totals),
    ...compare('dead letters', [...deadLetters], poisonPositions(appended, decode)),
    ...rollupTables.flatMap((rollup) => {
      const stored = totalCells(tables.cells.get(rollup.table) ?? [], rollup.bucketSeconds);
      return compare(rollup.table, stored, totalCells(cellsOfEvents(expected, rollup), rollup.bucketSeconds));
    }),
  ];
}

const describePosition = ({ tenant, eventId, partition, offset, index }: EventRow): string =>
  `${partition}/${offset}/${index} ${tenant} ${eventId}`;

const describeRow = (row: EventRow): string =>
  `${describePosition(row)} ${row.at} ${row.metric} ${row.value} ${row.measured}`;

const describeTotal = (row: EventRow): string => `${describePosition(row)} ${row.total?.value} ${row.total?.at}`;

function compare(what: string, actual: readonly string[], expected: readonly string[]): string[] {
  const surplus = new Map<string, number>();
  for (const name of actual) surplus.set(name, (surplus.get(name) ?? 0) + 1);
  for (const name of expected) surplus.set(name, (surplus.get(name) ?? 0) - 1);
  return [...surplus]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${what}: ${count > 0 ? `${count} too many` : `${-count} missing`} of ${name}`);
}
