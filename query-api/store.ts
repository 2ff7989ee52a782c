import { type ClickHouse, ClickHouseQueryError } from '../platform/clickhouse.ts';
import { unavailable } from '../platform/errors.ts';
import { READ_SETTINGS } from './read-settings.ts';

export interface Read {
  query: string;
  params: Record<string, unknown>;
  /** Aborted when the client is gone: the engine then stops working on the query. */
  signal: AbortSignal;
}

/** The engine's numbers of: too many rows or bytes, too slow, out of memory. */
const TOO_EXPENSIVE = new Set([158, 159, 160, 241, 307, 396]);
const retryAfterS = 5;

/** Runs a read query within the limits of the API. ApiError 503 when the limits stop it. */
export async function read<Row>(clickhouse: ClickHouse, { query, params, signal }: Read): Promise<Row[]> {
  try {
    return await clickhouse.select<Row>(query, params, { settings: READ_SETTINGS, signal });
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

/** Whether the engine stopped a read because it passed a limit. */
export const isTooExpensive = (error: unknown): boolean =>
  error instanceof ClickHouseQueryError && TOO_EXPENSIVE.has(error.code);
