import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterStatement } from '../../../platform/migrate/cluster-statement.ts';
import {
  createClickHouseDatabase,
  type MigrationTarget,
  migrateClickHouse,
} from '../../../platform/migrate/migrate-clickhouse.ts';
import { MigrationError, readMigrations } from '../../../platform/migrate/migration-files.ts';
import { splitStatements } from '../../../platform/migrate/split-statements.ts';

const replica = `'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'`;
const onMain = (statement: string) => clusterStatement(statement, 'main');
const migrations = await readMigrations(join(import.meta.dirname, '../../../sql/clickhouse/migrations'));
const statements = migrations.flatMap(({ sql }) => splitStatements(sql));

/** A server that remembers what it was told. */
function createTarget(): MigrationTarget & { commands: string[] } {
  const commands: string[] = [];
  return { commands, command: async (query) => void commands.push(query), select: async () => [] };
}

describe('a statement for a cluster', () => {
  it.each([
    ['CREATE TABLE t (a Int8)\nENGINE = MergeTree ORDER BY a', `ENGINE = ReplicatedMergeTree(${replica}) ORDER BY a`],
    ['CREATE TABLE t (a Int8) ENGINE=MergeTree() ORDER BY a', `ENGINE = ReplicatedMergeTree(${replica}) ORDER BY a`],
    [
      'CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a',
      `ReplicatedReplacingMergeTree(${replica}, a)`,
    ],
    [
      'CREATE TABLE t AS u ENGINE = AggregatingMergeTree ORDER BY a',
      `ReplicatedAggregatingMergeTree(${replica}) ORDER`,
    ],
  ])('has replicated tables: %s', (statement, expected) => {
    expect(onMain(statement)).toContain(expected);
  });

  it.each([
    ['CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = Memory', "CREATE TABLE IF NOT EXISTS t ON CLUSTER 'main' (a"],
    ['CREATE MATERIALIZED VIEW v_mv TO t AS SELECT 1', "CREATE MATERIALIZED VIEW v_mv ON CLUSTER 'main' TO t"],
    ['CREATE OR REPLACE VIEW d.v AS SELECT 1', "VIEW d.v ON CLUSTER 'main' AS"],
    ['ALTER TABLE t ADD COLUMN IF NOT EXISTS b Int8', "ALTER TABLE t ON CLUSTER 'main' ADD"],
    ['DROP TABLE IF EXISTS t', "DROP TABLE IF EXISTS t ON CLUSTER 'main'"],
    ['create table t(a Int8) engine = Memory', "create table t ON CLUSTER 'main'(a"],
  ])('runs on every server: %s', (statement, expected) => {
    expect(onMain(statement)).toContain(expected);
  });

  it('keeps the size of a deduplication window and gives it the time the log may replay', () => {
    const statement =
      'CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 12';
    expect(onMain(statement)).toMatch(
      /SETTINGS replicated_deduplication_window = 12, replicated_deduplication_window_seconds = 604800$/,
    );
  });

  it('leaves strings, comments and quoted names alone', () => {
    const note =
      "-- ENGINE = MergeTree\n/* ENGINE = MergeTree */ COMMENT 'it''s ENGINE = MergeTree \\' ENGINE = MergeTree'";
    const changed = onMain(`CREATE TABLE t (\`ENGINE = MergeTree\` Int8) ENGINE = MergeTree ORDER BY 1 ${note}`);
    expect(changed).toContain(note);
    expect(changed).toContain('(`ENGINE = MergeTree` Int8)');
    expect(changed.match(/Replicated/g)).toHaveLength(1);
  });

  it('does not replicate twice', () => {
    const statement = "CREATE TABLE t (a Int8) ENGINE = ReplicatedMergeTree('/p', 'r') ORDER BY a";
    expect(onMain(statement)).toContain("ENGINE = ReplicatedMergeTree('/p', 'r') ORDER BY a");
  });

  it('leaves what defines nothing as it is', () => {
    const statement = "INSERT INTO t SELECT 'CREATE TABLE t ENGINE = MergeTree'";
    expect(onMain(statement)).toBe(statement);
  });

  it.each([
    'RENAME TABLE a TO b',
    'CREATE TABLE `a b` (a Int8) ENGINE = MergeTree',
    'CREATE TABLE t AS u',
    'OPTIMIZE TABLE t',
  ])('is refused when its meaning on a cluster is not known: %s', (statement) => {
    expect(() => onMain(statement)).toThrow(MigrationError);
  });
});

describe('the migrations of ClickHouse', () => {
  it('are run as they are written on one server', () => {
    for (const statement of statements) expect(clusterStatement(statement, undefined)).toBe(statement);
  });

  it('leave no table, view or window behind on a cluster', () => {
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements) {
      const changed = onMain(statement);
      expect(changed.match(/ON CLUSTER 'main'/g), changed).toHaveLength(1);
      expect(changed.match(/non_replicated/), changed).toBeNull();
      expect(changed.match(/ENGINE = (?!Replicated)/), changed).toBeNull();
      const isTable = /^\s*CREATE TABLE /m.test(changed);
      if (isTable) expect(changed, changed).toMatch(/replicated_deduplication_window = \d+/);
    }
  });

  it('record themselves in a table that is replicated too', async () => {
    const target = createTarget();
    await createClickHouseDatabase(target, 'tidemark', 'main');
    await migrateClickHouse(target, migrations, 'main');
    const [database, record, ...others] = target.commands;
    expect(database).toBe("CREATE DATABASE IF NOT EXISTS tidemark ON CLUSTER 'main' ENGINE = Atomic");
    expect(record).toContain("schema_migrations ON CLUSTER 'main'");
    expect(record).toContain(`ReplicatedReplacingMergeTree(${replica}, applied_at)`);
    expect(others.filter((command) => command.startsWith('INSERT INTO schema_migrations'))).toHaveLength(
      migrations.length,
    );
  });
});
