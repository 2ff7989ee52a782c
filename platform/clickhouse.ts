import { type ClickHouseClient, createClient } from '@clickhouse/client';

export interface ClickHouse {
  /** Runs one named read query (file in sql/clickhouse/queries) with typed parameters; rows as plain objects. */
  select<Row>(query: string, params?: Record<string, unknown>): Promise<Row[]>;
  close(): Promise<void>;
}

export function createClickHouse(url: string): ClickHouse {
  const client: ClickHouseClient = createClient({ url });
  return {
    async select<Row>(query: string, params: Record<string, unknown> = {}) {
      const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
      return result.json<Row>();
    },
    close: () => client.close(),
  };
}
