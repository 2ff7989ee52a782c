import { ClickHouseUnavailableError } from '../../platform/clickhouse.ts';
import type { IdLookup } from '../../processors/duplicates.ts';
import type { Engine } from './engine.ts';
import { aggregate, type Cell, cellsOfEvents, type EventRow, type RollupTable, rollupTables } from './tables.ts';

type Params = Record<string, unknown>;
type Handler = (engine: Engine, params: Params, query: string) => Promise<unknown[]>;

/** The statements of the sink, each known by words only it has. There is no SQL engine: a statement nobody knows is an error. */
const handlers: readonly (readonly [pattern: RegExp, handler: Handler])[] = [
  [/FROM system\.mutations/, countUnfinishedDeletes],
  [/FROM system\.processes WHERE query_kind/, listRunningInserts],
  [/FROM system\.processes/, countRunning],
  [/groupArray\(log_index\)/, findStored],
  [/^SELECT (event|batch)_id AS id/, findEarlierIds],
  [/^SELECT series AS id/, findEarlierTotals],
  [/as_select AS query/, describeViews],
  [/SELECT toUnixTimestamp\(now\(\)\)/, readClock],
  [/SELECT DISTINCT bucket/, findDifferent],
  [/^DELETE FROM/, emptyBuckets],
  [/^INSERT INTO (event|batch)_ids/, completeEventIds],
  [/^INSERT INTO series_totals/, completeTotals],
  [/^INSERT INTO measurements/, fillBuckets],
];

/** Does what a statement says, and answers with its rows. */
export async function execute(
  engine: Engine,
  statement: { query: string; params: Params; queryId?: string },
): Promise<unknown[]> {
  const { query, params, queryId } = statement;
  const handler = handlers.find(([pattern]) => pattern.test(query.trim()))?.[1];
  if (handler === undefined) throw new TypeError(`the simulated ClickHouse does not know: ${query}`);
  return handler(engine, { ...params, queryId }, query);
}

function countRunning(engine: Engine, { token }: Params): Promise<unknown[]> {
  return engine.run(() => [{ count: engine.isRunning(String(token)) ? 1 : 0 }]);
}

/** A DELETE of this ClickHouse is done when it answers. */
function countUnfinishedDeletes(engine: Engine): Promise<unknown[]> {
  return engine.run(() => [{ count: 0 }]);
}

function listRunningInserts(engine: Engine): Promise<unknown[]> {
  return engine.run(() => engine.running.filter((id) => !id.endsWith(':DELETE')).map((id) => ({ id })));
}

function readClock(engine: Engine): Promise<unknown[]> {
  return engine.run(() => [{ now: engine.nowSeconds }]);
}

function findStored(engine: Engine, params: Params): Promise<unknown[]> {
  return engine.run(() => {
    const byOffset = Map.groupBy(engine.tables.events.filter(isInRange(params)), ({ offset }) => offset);
    return [...byOffset].map(([offset, rows]) => ({ offset, indexes: rows.map(({ index }) => index) }));
  });
}

function isInRange({ tenants, from, to, partition, first, last }: Params): (row: EventRow) => boolean {
  return (row) =>
    (tenants as string[]).includes(row.tenant) &&
    row.at >= Number(from) &&
    row.at < Number(to) &&
    row.partition === partition &&
    row.offset >= Number(first) &&
    row.offset <= Number(last);
}

function findEarlierIds(engine: Engine, params: Params): Promise<unknown[]> {
  const ids = Object.keys(params)
    .filter((name) => name.startsWith('ids'))
    .flatMap((name) => params[name] as IdLookup['ids']);
  return engine.run(() => {
    const found = new Map<string, number>();
    for (const row of engine.tables.eventIds) {
      const isEarlier = row.partition === params.partition && row.offset < Number(params.first);
      if (row.tenant !== params.tenant || !isEarlier || !ids.includes(row.eventId)) continue;
      if (row.receivedAt >= Number(params.receivedFrom))
        found.set(row.eventId, Math.max(found.get(row.eventId) ?? 0, row.receivedAt));
    }
    return [...found].map(([id, receivedAt]) => ({ id, receivedAt }));
  });
}

function findEarlierTotals(engine: Engine, params: Params): Promise<unknown[]> {
  const isEarlier = (row: EventRow) =>
    row.tenant === params.tenant && row.partition === params.partition && row.offset < Number(params.first);
  const isAsked = ({ total, receivedAt }: EventRow) =>
    (params.series as number[]).includes(total?.series ?? 0) && receivedAt >= Number(params.receivedFrom);
  return engine.run(() => {
    const rows = engine.tables.totals.filter((row) => isEarlier(row) && isAsked(row));
    const inOrder = rows.sort((a, b) => a.offset - b.offset || a.index - b.index);
    const last = new Map(inOrder.map((row) => [row.total?.series, row]));
    return [...last].map(([id, { total, receivedAt }]) => ({ ...total, id, counts: [], receivedAt }));
  });
}

/** A view is its source: what it makes of it, this ClickHouse knows. */
function describeViews(engine: Engine, { views }: Params): Promise<unknown[]> {
  return engine.run(() =>
    (views as string[]).map((view) => {
      const table = view
        .replace('_by_rolled_', '_by_')
        .replace('_by_labels_', '_by_dimensions_')
        .replace(/(_points|_histograms)(?=_)/, '')
        .replace(/_mv$/, '');
      const { source } = rollupNamed(table);
      return { query: `SELECT * FROM db.${source === 'events' ? engine.rawTable : source} AS s`, database: 'db' };
    }),
  );
}

function rollupNamed(table: string | undefined): RollupTable {
  const rollup = rollupTables.find((other) => other.table === table);
  if (rollup === undefined) throw new TypeError(`the simulated ClickHouse has no rollup ${table}`);
  return rollup;
}

function findDifferent(engine: Engine, params: Params, query: string): Promise<unknown[]> {
  const rollup = rollupNamed(/AS total FROM (measurements_\w+) WHERE/.exec(query)?.[1]);
  return engine.run(() => {
    const missing = negative(stored(engine, rollup.table).filter(isWithin(params)));
    const cells = aggregate([...expected(engine, rollup, params), ...missing], rollup.bucketSeconds);
    const different = cells.filter(({ count, met, total }) => count !== 0 || met !== 0 || total !== 0);
    return [...new Set(different.map(({ at }) => at))].sort().map((bucket) => ({ bucket }));
  });
}

const stored = (engine: Engine, table: string): Cell[] => engine.tables.cells.get(table) ?? [];

const negative = (cells: readonly Cell[]): Cell[] =>
  cells.map((cell) => ({ ...cell, count: -cell.count, sum: -cell.sum, met: -cell.met, total: -cell.total }));

function isWithin({ tenant, from, to }: Params): (cell: { tenant: string; at: number }) => boolean {
  return (cell) => cell.tenant === tenant && cell.at >= Number(from) && cell.at < Number(to);
}

function expected(engine: Engine, rollup: RollupTable, params: Params): Cell[] {
  const { source, bucketSeconds } = rollup;
  if (source !== 'events') return aggregate(stored(engine, source).filter(isWithin(params)), bucketSeconds);
  const isTouched = isWithin(params);
  return cellsOfEvents(
    engine.tables.events.filter((row) => isTouched({ tenant: row.tenant, at: row.at / 1000 })),
    rollup,
  );
}

function isInBuckets(params: Params, { bucketSeconds }: RollupTable): (cell: Cell) => boolean {
  const isTouched = isWithin(params);
  return (cell) =>
    isTouched(cell) && (params.buckets as number[]).includes(Math.floor(cell.at / bucketSeconds) * bucketSeconds);
}

async function emptyBuckets(engine: Engine, params: Params, query: string): Promise<unknown[]> {
  const rollup = rollupNamed(/^DELETE FROM (\w+)/.exec(query)?.[1]);
  const isEmptied = isInBuckets(params, rollup);
  await engine.change(
    () => isLate(engine, params),
    (isVoid) => {
      if (isVoid) return;
      const { cells } = engine.tables;
      cells.set(
        rollup.table,
        stored(engine, rollup.table).filter((cell) => !isEmptied(cell)),
      );
    },
    queryIdOf(params),
  );
  return [];
}

async function fillBuckets(engine: Engine, params: Params, query: string): Promise<unknown[]> {
  const rollup = rollupNamed(/^INSERT INTO (\w+)/.exec(query.trim())?.[1]);
  const isFilled = isInBuckets(params, rollup);
  const fillsEmptyOnly = query.includes('throwIf((SELECT count()');
  const read = () => {
    if (isLate(engine, params)) throw new ClickHouseUnavailableError('a statement began too late');
    if (fillsEmptyOnly && stored(engine, rollup.table).some(isFilled))
      throw new ClickHouseUnavailableError('a bucket is not empty');
    return expected(engine, rollup, params).filter(isFilled);
  };
  await engine.fill(rollup, read, queryIdOf(params));
  return [];
}

/** By the engine's own clock. */
const isLate = (engine: Engine, { until }: Params): boolean => engine.nowSeconds > Number(until);

const queryIdOf = ({ queryId }: Params): string | undefined => (typeof queryId === 'string' ? queryId : undefined);

async function completeEventIds(engine: Engine, params: Params): Promise<unknown[]> {
  const { events, eventIds } = engine.tables;
  await engine.run(() => {
    const has = new Set(eventIds.map(({ partition, offset, index }) => `${partition} ${offset} ${index}`));
    const isMissing = (row: EventRow) => row.clientId && !has.has(`${row.partition} ${row.offset} ${row.index}`);
    eventIds.push(...events.filter(isInRange(params)).filter(isMissing));
  });
  return [];
}

async function completeTotals(engine: Engine, params: Params): Promise<unknown[]> {
  const { events, totals } = engine.tables;
  await engine.run(() => {
    const has = new Set(totals.map(({ partition, offset, index }) => `${partition} ${offset} ${index}`));
    const isMissing = (row: EventRow) =>
      row.total !== undefined && !has.has(`${row.partition} ${row.offset} ${row.index}`);
    totals.push(...events.filter(isInRange(params)).filter(isMissing));
  });
  return [];
}
