import { type ClickHouse, ClickHouseQueryError, type ClickHouseSettings } from '../platform/clickhouse.ts';
import { unavailable } from '../platform/errors.ts';
import { READ_SETTINGS } from './read-settings.ts';
import { tenantWall } from './tenant-wall.ts';

export interface Read {
  query: string;
  /** `tenant` or `tenants` among them: whose rows the query may see. */
  params: Record<string, unknown>;
  /** Aborted when the client is gone: the engine then stops working on the query. */
  signal?: AbortSignal;
  /** Instead of the usual limits. */
  settings?: ClickHouseSettings;
}

/** The engine's numbers of: too many rows or bytes, too slow, out of memory. */
const TOO_EXPENSIVE = new Set([158, 159, 160, 241, 307, 396]);
const retryAfterS = 5;

/** Runs a read query within the limits of the API. ApiError 503 when the limits stop it. */
export async function read<Row>(clickhouse: ClickHouse, question: Read): Promise<Row[]> {
  try {
    return await readOrStop<Row>(clickhouse, question);
  } catch (error) {
    if (isTooExpensive(error)) {
      throw unavailable(
        'The query needs more time or memory than one request may take: narrow the range.',
        retryAfterS,
      );
    }
    throw error;
  }
}

/** The same, but throws the engine's own error when a limit stops it: see {@link isTooExpensive}. The only way from here to the engine. */
export function readOrStop<Row>(clickhouse: ClickHouse, { query, params, signal, settings }: Read): Promise<Row[]> {
  return clickhouse.select<Row>(query, params, {
    settings: { ...(settings ?? READ_SETTINGS), ...tenantWall(query, params) },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Whether the engine stopped a read because it passed a limit. */
export const isTooExpensive = (error: unknown): boolean =>
  error instanceof ClickHouseQueryError && TOO_EXPENSIVE.has(error.code);
