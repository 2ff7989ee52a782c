import type { ClickHouse } from '../platform/clickhouse.ts';
import type { Aggregate } from './figures.ts';
import { READ_SETTINGS } from './read-settings.ts';
import { isTooExpensive, readOrStop } from './store.ts';

/** An answer about at most this many measurements has the exact percentiles of the events; a larger one those of the sketches. */
export const EXACT_QUANTILES_MAX_COUNT = 10_000;
/** Unless more events than this had to be read to find those (known from the primary key, before reading), or a limit of reads is passed. */
export const EXACT_QUANTILES_MAX_READ_ROWS = 500_000;

/** What one row of an answer is about: its bucket, or its value of a dimension. */
type Cell = number | string | null;

interface Named {
  tenant: string;
  capability: string;
  metric: string;
}

export interface ExactQuestion<Row> {
  /** Returns a row for each cell: its names, `cell` and `quantiles`. */
  query: string;
  params: Record<string, unknown>;
  signal: AbortSignal;
  /** A histogram has no exact percentiles, so those of services are always from sketches. */
  subjectKind?: string | undefined;
  cellOf(row: Row): Cell;
}

/** The rows with exact percentiles when they stand for few enough measurements, else as they are. */
export async function withExactQuantiles<Row extends Aggregate & Named>(
  clickhouse: ClickHouse,
  rows: Row[],
  question: ExactQuestion<Row>,
): Promise<Row[]> {
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  if (question.subjectKind === 'service' || count === 0 || count > EXACT_QUANTILES_MAX_COUNT) return rows;
  const exact = await readExact(clickhouse, question);
  return rows.map((row) => ({ ...row, quantiles: exact.get(keyOf(row, question.cellOf(row))) ?? row.quantiles }));
}

async function readExact<Row>(
  clickhouse: ClickHouse,
  { query, params, signal }: ExactQuestion<Row>,
): Promise<Map<string, Aggregate['quantiles']>> {
  const settings = { ...READ_SETTINGS, max_rows_to_read: String(EXACT_QUANTILES_MAX_READ_ROWS) };
  try {
    const rows = await readOrStop<ExactRow>(clickhouse, { query, params, settings, signal });
    return new Map(rows.map((row) => [keyOf(row, row.cell), row.quantiles]));
  } catch (error) {
    if (isTooExpensive(error)) return new Map();
    throw error;
  }
}

interface ExactRow extends Named {
  cell: Cell;
  quantiles: Aggregate['quantiles'];
}

const keyOf = ({ tenant, capability, metric }: Named, cell: Cell): string =>
  JSON.stringify([tenant, capability, metric, cell]);
