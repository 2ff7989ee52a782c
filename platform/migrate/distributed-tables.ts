import type { MigrationTarget } from './migrate-clickhouse.ts';

export interface DistributedTables {
  /** Database of each shard that the migrations have filled. */
  database: string;
  /** Database to make on this server: the same tables, over all shards. */
  distributedDatabase: string;
  /** Cluster of the server's `remote_servers` whose shards they are. */
  cluster: string;
}

/**
 * Makes, on the server of the target, a database whose tables are those of all shards together, for reading: a `Distributed` table for each
 * that holds data, under the same name, so that every query works unchanged. They hold no data, and are made anew each time, as their
 * originals may have got columns. Throws what the server says.
 */
export async function createDistributedTables(target: MigrationTarget, names: DistributedTables): Promise<string[]> {
  const { database, distributedDatabase, cluster } = names;
  await target.command(`CREATE DATABASE IF NOT EXISTS ${distributedDatabase} ENGINE = Atomic`);
  const tables = await target.select<{ name: string }>(
    `SELECT name FROM system.tables
    WHERE database = '${database}' AND endsWith(engine, 'MergeTree') AND name != 'schema_migrations' ORDER BY name`,
  );
  for (const { name } of tables) {
    await target.command(
      `CREATE OR REPLACE TABLE ${distributedDatabase}.${name} AS ${database}.${name} ENGINE = Distributed(${cluster}, ${database}, ${name})`,
    );
  }
  return tables.map(({ name }) => name);
}
