import { type ClickHouse, ClickHouseQueryError, ClickHouseUnavailableError } from '../../platform/clickhouse.ts';
import { INSERT_SETTINGS } from '../clickhouse-sink.ts';
import type { TableBlock } from '../fold.ts';
import { SinkUnavailableError } from '../sink.ts';

/** Rows a range of records made. They replace themselves, so storing them again, or by two processes at a time, changes nothing. */
export interface MadeRows {
  blocks: readonly TableBlock[];
  /** The same for the same records. */
  token: string;
}

/** Where the rows of stateful processors go. Throws SinkUnavailableError when the store is away or refuses; what was stored is then unknown. */
export interface RowStore {
  store(rows: MadeRows): Promise<void>;
}

/** The tables of ClickHouse. */
export function createClickHouseRows(clickhouse: ClickHouse): RowStore {
  return {
    async store({ blocks, token }) {
      try {
        for (const { table, columns, body } of blocks) {
          await clickhouse.insertNative({ table, columns, body, token, settings: INSERT_SETTINGS });
        }
      } catch (error) {
        const isServer = error instanceof ClickHouseUnavailableError || error instanceof ClickHouseQueryError;
        throw isServer ? new SinkUnavailableError(error.message, { cause: error }) : error;
      }
    },
  };
}
