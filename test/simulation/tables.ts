import type { NativeRow } from '../support/native-reader.ts';

/** A row of `events`, or of `points`: its service is the capability, its batch's id the event id. Times are milliseconds since the epoch. */
export interface EventRow {
  tenant: string;
  capability: string;
  metric: string;
  at: number;
  value: number;
  dimensions: Record<string, string>;
  unrolled: string[];
  slaTarget: number | null;
  eventId: string;
  clientId: boolean;
  receivedAt: number;
  partition: number;
  offset: number;
  index: number;
  /** Of a point: null where it measures nothing. */
  measured?: number | null;
  /** Of a point that a cumulative series goes on from. */
  total?: { series: number; value: number; at: number; startAt: number };
}

/** A row of a rollup. `at` is the bucket's start in seconds since the epoch. */
export interface Cell {
  tenant: string;
  /** Everything else that names the series. */
  series: string;
  at: number;
  count: number;
  sum: number;
  met: number;
  total: number;
}

/** A rollup, as its view of the migrations makes it. */
export interface RollupTable {
  table: string;
  source: string;
  bucketSeconds: number;
  byDimensions: boolean;
}

export const rollupTables: readonly RollupTable[] = [
  { table: 'measurements_1m', source: 'events', bucketSeconds: 60, byDimensions: false },
  { table: 'measurements_1h', source: 'measurements_1m', bucketSeconds: 3_600, byDimensions: false },
  { table: 'measurements_1d', source: 'measurements_1h', bucketSeconds: 86_400, byDimensions: false },
  { table: 'measurements_by_dimensions_1h', source: 'events', bucketSeconds: 3_600, byDimensions: true },
  {
    table: 'measurements_by_dimensions_1d',
    source: 'measurements_by_dimensions_1h',
    bucketSeconds: 86_400,
    byDimensions: true,
  },
];

/** What ClickHouse holds. */
export interface Tables {
  events: EventRow[];
  eventIds: EventRow[];
  totals: EventRow[];
  /** By table. */
  cells: Map<string, Cell[]>;
}

export function createTables(): Tables {
  return { events: [], eventIds: [], totals: [], cells: new Map(rollupTables.map(({ table }) => [table, []])) };
}

export function toEventRow(row: NativeRow): EventRow {
  return {
    tenant: String(row.tenant),
    capability: String(row.capability),
    metric: String(row.metric),
    at: Number(row.at),
    value: Number(row.value),
    dimensions: row.dimensions as Record<string, string>,
    unrolled: row.unrolled as string[],
    slaTarget: row.sla_target as number | null,
    eventId: String(row.event_id),
    clientId: row.client_id === true,
    receivedAt: Number(row.received_at),
    partition: Number(row.log_partition),
    offset: Number(row.log_offset),
    index: Number(row.log_index),
  };
}

export function toPointRow(row: NativeRow): EventRow {
  const at = Number(row.at);
  const { carries, series, value, start_at: startAt } = row;
  return {
    ...toEventRow({
      ...row,
      capability: row.service ?? '',
      event_id: row.batch_id ?? '',
      client_id: row.repeatable ?? false,
    }),
    dimensions: row.labels as Record<string, string>,
    slaTarget: null,
    measured: row.measured as number | null,
    ...(carries === true
      ? { total: { series: Number(series), value: Number(value), at, startAt: Number(startAt) } }
      : {}),
  };
}

/** What the view of a rollup makes of raw rows. */
export function cellsOfEvents(rows: readonly EventRow[], { bucketSeconds, byDimensions }: RollupTable): Cell[] {
  const measuring = rows.filter(({ measured }) => measured !== null);
  const cells = measuring.map((row) => ({
    tenant: row.tenant,
    series: [row.capability, row.metric, ...(byDimensions ? rolledDimensions(row) : [])].join(' '),
    at: Math.floor(row.at / 1000),
    count: 1,
    sum: row.measured ?? row.value,
    met: row.slaTarget !== null && row.value <= row.slaTarget ? 1 : 0,
    total: row.slaTarget === null ? 0 : 1,
  }));
  return aggregate(cells, bucketSeconds);
}

function rolledDimensions({ dimensions, unrolled }: EventRow): string[] {
  return Object.entries(dimensions).map(([name, value]) => `${name}=${unrolled.includes(name) ? '…' : value}`);
}

/** One cell a series and bucket, in the order of first sight. */
export function aggregate(cells: readonly Cell[], bucketSeconds: number): Cell[] {
  const merged = new Map<string, Cell>();
  for (const cell of cells) {
    const at = Math.floor(cell.at / bucketSeconds) * bucketSeconds;
    const name = `${cell.tenant} ${cell.series} ${at}`;
    const into = merged.get(name) ?? { ...cell, at, count: 0, sum: 0, met: 0, total: 0 };
    into.count += cell.count;
    into.sum += cell.sum;
    into.met += cell.met;
    into.total += cell.total;
    merged.set(name, into);
  }
  return [...merged.values()];
}

/** The table's cells, all told, in one order. */
export function totalCells(cells: readonly Cell[], bucketSeconds: number): string[] {
  return aggregate(cells, bucketSeconds)
    .map(
      ({ tenant, series, at, count, sum, met, total }) => `${tenant} ${series} ${at}: ${count} ${sum} ${met} ${total}`,
    )
    .sort();
}

export function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}
