import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { type ClickHouseServer, startClickHouse } from '../../platform/embedded/clickhouse-server.ts';
import { type PostgresServer, startPostgres } from '../../platform/embedded/postgres-server.ts';
import { silentLog } from '../support/control-plane.ts';
import { draftOf } from './operations.ts';
import { placesOf } from './places.ts';
import { type QueryRecorder, startQueryRecorder } from './query-recorder.ts';
import { type StatementRecorder, startStatementRecorder } from './statement-recorder.ts';
import { countFrom, inParallel, type System, startSystem, untilAvailable } from './system.ts';

/** INJECTION_RUNS=6000 is the full count. */
const RUNS = countFrom('INJECTION_RUNS', 1_000);
const WIDTH = 8;
const MARK = 'zqxmark';
const payloads = [
  `' OR '1'='1' -- ${MARK}`,
  `'; DROP TABLE events; -- ${MARK}`,
  `') UNION ALL SELECT '${MARK}', 1 --`,
  `" OR ""="${MARK}`,
  `\\' OR 1=1 -- ${MARK}`,
  `\\\\'; ${MARK}`,
  `1 OR 1=1 /*${MARK}*/`,
  `1; SELECT pg_sleep(5) --${MARK}`,
  `${MARK}' SETTINGS log_comment = '*`,
  `{tenants:Array(String)} ${MARK}`,
  `$1 ${MARK}`,
  `$$${MARK}$$`,
  `E'\\x27 ${MARK}'`,
  `%27%20OR%201=1%20--${MARK}`,
  `\u2019 OR 1=1 -- ${MARK}`,
  `\`${MARK}\``,
  `met_P2P_${MARK}' OR tenant != '`,
  `(SELECT ${MARK} FROM api_keys)`,
  `x\n; ${MARK}`,
  `['${MARK}', 'org_acme']`,
];

let folder: string;
let postgres: PostgresServer;
let clickhouseServer: ClickHouseServer;
let clickhouse: ClickHouse;
let recorder: StatementRecorder;
let queries: QueryRecorder;
let system: System;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-injection-'));
  const options = { dataDir: folder, log: silentLog };
  [postgres, clickhouseServer] = await Promise.all([
    startPostgres(options),
    startClickHouse({ ...options, queryLog: true }),
  ]);
  clickhouse = createClickHouse(clickhouseServer.writerUrl);
  recorder = await startStatementRecorder(postgres.port);
  queries = await startQueryRecorder(clickhouseServer.port);
  system = await startSystem({
    DATABASE_URL: postgres.url.replace(`:${postgres.port}/`, `:${recorder.port}/`),
    CLICKHOUSE_URL: clickhouseServer.writerUrl.replace(`:${clickhouseServer.port}/`, `:${queries.port}/`),
  });
  await system.ask('POST', '/api/v1/organizations', { body: { code: 'ACME', name: 'Acme' } });
  await system.ask('POST', '/api/v1/capabilities', { body: { orgCode: 'ACME', code: 'P2P', name: 'P2P' } });
}, 120_000);
afterAll(async () => {
  await system.stop();
  await Promise.all([recorder.close(), queries.close(), clickhouse.close()]);
  await Promise.all([postgres.stop(), clickhouseServer.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const tables = async () =>
  (
    await clickhouse.select<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = 'tidemark' ORDER BY name",
    )
  ).map(({ name }) => name);

/** Statements of the query log that hold the mark anywhere but in the value of a literal, which the log has in place of each parameter. */
async function loggedWithMark(): Promise<string[]> {
  await clickhouse.command('SYSTEM FLUSH LOGS');
  const logged = await clickhouse.select<{ query: string }>(
    'SELECT DISTINCT normalizeQuery(query) AS query FROM system.query_log WHERE position(normalizeQuery(query), {mark:String}) > 0',
    { mark: MARK },
  );
  return logged.map(({ query }) => query);
}

it('reaches the engines as the value of a parameter and never as text of a statement, wherever it stands', async () => {
  const known = {
    orgCode: 'ACME',
    capabilityCode: 'P2P',
    metricType: 'CycleTime',
    from: '2026-03-01',
    to: '2026-03-18',
  };
  const before = await tables();
  const places = system.operations.flatMap((operation) => placesOf(operation, draftOf(operation, known)));
  const attempts = payloads.flatMap((payload, row) =>
    places.map((place, column) => ({ ...place, payload, order: (row * 7 + column * 13) % 101 })),
  );
  const chosen = attempts.sort((a, b) => a.order - b.order).slice(0, RUNS);
  const failed: string[] = [];
  await inParallel(chosen, WIDTH, async ({ name, put, payload }) => {
    // What no header may hold never leaves a client.
    const text = name.startsWith('header') ? payload.replaceAll(/[^\x20-\x7e]/g, '?') : payload;
    const draft = put(text);
    const { status, text: answer } = await untilAvailable(() => system.send(draft));
    if (status >= 500) failed.push(`${draft.method} ${draft.path} ${name} ${text}: ${answer}`);
  });
  console.log(
    `injection: ${chosen.length} of ${attempts.length} possible attempts, ${recorder.statements.size + queries.texts.size} statements`,
  );
  expect(failed.slice(0, 10)).toEqual([]);
  expect([...recorder.statements, ...queries.texts].filter((text) => text.includes(MARK))).toEqual([]);
  expect(await loggedWithMark()).toEqual([]);
  expect(await tables()).toEqual(before);
  expect(chosen.length).toBeGreaterThanOrEqual(Math.min(RUNS, attempts.length));
}, 600_000);

it('would have been noticed: values did arrive as parameters, and a name in a statement is seen in the log', async () => {
  expect(recorder.boundWith(MARK)).toBeGreaterThan(RUNS / 500);
  expect(queries.withParameter(MARK)).toBeGreaterThan(RUNS / 500);
  expect([...recorder.statements].some((statement) => statement.includes('FROM tenants'))).toBe(true);
  expect([...queries.texts].some((text) => text.includes('{tenants:Array(String)}'))).toBe(true);
  await clickhouse.select(`SELECT 1 AS ${MARK}`);
  expect(await loggedWithMark()).toEqual([expect.stringContaining(MARK)]);
});
