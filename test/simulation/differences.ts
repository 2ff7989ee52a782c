import { cellsOfEvents, type EventRow, rollupTables, type Tables, totalCells } from './tables.ts';
import { type Appended, expectedRows, poisonPositions } from './workload.ts';

/** What is there at the end. */
export interface Stored {
  tables: Tables;
  /** Positions of records that were set aside. */
  deadLetters: ReadonlySet<string>;
}

/** Compares what is stored with what the log says must be: raw rows, ids, every cell of every rollup, dead letters. */
export function findDifferences(appended: readonly Appended[], { tables, deadLetters }: Stored): string[] {
  const expected = expectedRows(appended);
  const ids = expected.filter(({ clientId }) => clientId).map(describePosition);
  return [
    ...compare('events', tables.events.map(describeRow), expected.map(describeRow)),
    // A repeated row of `event_ids` says the same twice: it is looked up, never counted. A dead letter is at least one.
    ...compare('event_ids', [...new Set(tables.eventIds.map(describePosition))], ids),
    ...compare('dead letters', [...deadLetters], poisonPositions(appended)),
    ...rollupTables.flatMap((rollup) => {
      const stored = totalCells(tables.cells.get(rollup.table) ?? [], rollup.bucketSeconds);
      return compare(rollup.table, stored, totalCells(cellsOfEvents(expected, rollup), rollup.bucketSeconds));
    }),
  ];
}

const describePosition = ({ tenant, eventId, partition, offset, index }: EventRow): string =>
  `${partition}/${offset}/${index} ${tenant} ${eventId}`;

const describeRow = (row: EventRow): string => `${describePosition(row)} ${row.at} ${row.metric} ${row.value}`;

function compare(what: string, actual: readonly string[], expected: readonly string[]): string[] {
  const surplus = new Map<string, number>();
  for (const name of actual) surplus.set(name, (surplus.get(name) ?? 0) + 1);
  for (const name of expected) surplus.set(name, (surplus.get(name) ?? 0) - 1);
  return [...surplus]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${what}: ${count > 0 ? `${count} too many` : `${-count} missing`} of ${name}`);
}
