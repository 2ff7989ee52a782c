import { randomBytes } from 'node:crypto';
import { type Config, readConfig } from '../../platform/config.ts';
import { replayDatabasePrefix } from '../../platform/embedded/clickhouse-config.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { describeStartError } from '../../platform/service.ts';
import { findClickHouse, findLog, findPostgres } from '../../platform/supervisor/endpoints.ts';
import { ArgumentError } from '../audit/read-arguments.ts';
import { type ReplayArguments, readArguments, USAGE } from './read-arguments.ts';
import { readSlaDimensions, readTenantId } from './read-tenants.ts';
import { renderDifference } from './render-difference.ts';
import { type Replay, type Replayed, replay } from './replay.ts';
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts';

// npm run replay: what the log would have made under other settings, beside what it made. Exit codes as USAGE says.
try {
  await run(readArguments(process.argv.slice(2)), readConfig(process.env));
} catch (error) {
  const usage = error instanceof ArgumentError ? `\n${USAGE}` : '';
  process.stderr.write(`replay: ${describeStartError(error)}${usage}\n`);
  process.exitCode = 2;
}

async function run(args: ReplayArguments, config: Config): Promise<void> {
  const clickhouseUrl = findClickHouse(config);
  const names = await readNames(args, config);
  const logStore = await openLogStore({ ...findLog(config), logLevel: 'error' });
  try {
    const startedAt = performance.now();
    const { json, keep, ...what } = args;
    const replayed = await withDatabases(clickhouseUrl, keep, (databases) =>
      replay({ ...what, ...names, logStore, databases, range: { from: args.from, to: args.to } }),
    );
    const durationMs = Math.round(performance.now() - startedAt);
    process.stdout.write(
      `${json ? JSON.stringify({ ...replayed, durationMs }, null, 2) : render(replayed, durationMs)}\n`,
    );
  } finally {
    await logStore.close();
  }
}

async function readNames({ tenant }: ReplayArguments, config: Config): Promise<Pick<Replay, 'tenant' | 'dimensionOf'>> {
  const sql = createPostgres(findPostgres(config), { max: 1, applicationName: 'tidemark replay' });
  try {
    return {
      tenant: tenant === undefined ? undefined : await readTenantId(sql, tenant),
      dimensionOf: await readSlaDimensions(sql),
    };
  } finally {
    await closePostgres(sql);
  }
}

async function withDatabases<Result>(
  clickhouseUrl: string,
  isKept: boolean,
  work: (databases: readonly [ScratchDatabase, ScratchDatabase]) => Promise<Result>,
): Promise<Result> {
  const name = `${replayDatabasePrefix}${randomBytes(4).toString('hex')}`;
  const before = await createScratchDatabase(clickhouseUrl, `${name}_before`);
  try {
    const after = await createScratchDatabase(clickhouseUrl, `${name}_after`);
    try {
      return await work([before, after]);
    } finally {
      await after.close(isKept);
    }
  } finally {
    await before.close(isKept);
    if (isKept) process.stderr.write(`kept the databases ${name}_before and ${name}_after\n`);
  }
}

function render({ records, difference }: Replayed, durationMs: number): string {
  const seconds = (durationMs / 1_000).toFixed(1);
  return [...renderDifference(difference), '', `${records} records of the log, twice, in ${seconds} s`].join('\n');
}
