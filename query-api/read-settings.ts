import type { ClickHouseSettings } from '../platform/clickhouse.ts';

/** A read that takes longer is stopped. */
export const MAX_READ_SECONDS = 10;
/** A read that returns more rows is refused; every query has a smaller limit of its own. */
export const MAX_READ_ROWS = 100_000;

/**
 * How reads of the API run: bounded, and without what pays for large reads only: expressions compiled, answers formatted and files read by threads of
 * their own, and projections, of which no table has any, looked for.
 */
export const READ_SETTINGS: ClickHouseSettings = {
  max_execution_time: MAX_READ_SECONDS,
  max_result_rows: String(MAX_READ_ROWS),
  max_threads: 2,
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
  output_format_parallel_formatting: 0,
  local_filesystem_read_method: 'pread',
  optimize_use_projections: 0,
  use_query_cache: 0,
};
