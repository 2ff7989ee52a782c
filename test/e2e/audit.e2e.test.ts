import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClickHouse } from '../../platform/clickhouse.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import type { StoreUrls } from '../../platform/supervisor/stores.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPICS } from '../../schemas/topics.ts';
import { createLoadBatch, testAt } from '../support/event-batches.ts';
import { createPoison } from '../support/poison.ts';
import { type Program, runProgram, waitFor } from '../support/processes.ts';

const adminKey = 'mk_live_auditing_the_pipeline_end_to_end';
const withinMs = 60_000;
const env = {
  TIDEMARK_INGEST_PORT: '0',
  TIDEMARK_API_PORT: '0',
  TIDEMARK_WEBHOOK_PORT: '0',
  TIDEMARK_ADMIN_KEY: adminKey,
  TIDEMARK_LOG_LEVEL: 'warn',
};
let dataDir: string;
let pipeline: Program;
let apiUrl: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tidemark-audit-'));
  pipeline = runProgram('main.ts', [], { ...env, TIDEMARK_DATA_DIR: dataDir });
  apiUrl = /api (\S+)/.exec(await pipeline.line(/^ready /))?.[1] ?? '';
});
afterAll(async () => {
  pipeline.kill('SIGKILL');
  await pipeline.ended;
  await rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
});

const endpointsFile = () => join(dataDir, 'endpoints.json');
const readEndpoints = async () => JSON.parse(await readFile(endpointsFile(), 'utf8')) as StoreUrls;

async function audit(...args: string[]) {
  const program = runProgram('processors/audit/main.ts', args, { TIDEMARK_DATA_DIR: dataDir });
  const { code } = await program.ended;
  return { code, text: program.lines.join('\n') };
}

async function api(method: 'GET' | 'POST', path: string) {
  const response = await fetch(`${apiUrl}/api/v1/dead-letters${path}`, { method, headers: { 'x-api-key': adminKey } });
  return { status: response.status, body: (await response.json()) as never as { data: { id: string }[] } };
}

it('audits a running pipeline by its data directory, names what is wrong, mends it', async () => {
  const { logUrl, clickhouseWriterUrl } = await readEndpoints();
  expect((await stat(endpointsFile())).mode & 0o777).toBe(0o600);
  const log = await openLogStore({ logUrl });
  const good = (number: number) =>
    encodeEventBatch(createLoadBatch(number, { count: 500, tenant: 'org_acme', at: testAt }));
  const records = [good(0), ...Object.values(createPoison()), good(1)];
  await log.append(TOPICS.events, 0, records);
  const isStored = async () => (await log.committed(PROCESSORS_GROUP, TOPICS.events, 0))?.offset === records.length;
  await waitFor(isStored, withinMs);
  await log.close();

  expect(await audit()).toMatchObject({ code: 0, text: expect.stringMatching(/^no differences\n1 tenant, /) });
  const clickhouse = createClickHouse(clickhouseWriterUrl);
  await clickhouse.command(`DELETE FROM measurements_1d WHERE subject = 'CAP3' AND metric = 'CycleTime'`);
  const found = await audit('--from', '2026-03-19', '--to', '2026-03-19');
  expect(found.code).toBe(1);
  expect(found.text).toContain(
    'measurements_1d  org_acme  capability CAP3  CycleTime  2026-03-19T00:00:00Z: missing (count 100, ',
  );
  expect((await audit('--tenant', 'org_globex')).code).toBe(0);
  const repaired = await audit('--repair', '--json');
  expect(repaired.code).toBe(0);
  expect(JSON.parse(repaired.text)).toMatchObject({ wrongCells: 0, rebuiltBuckets: 1, found: { wrongCells: 1 } });
  expect((await audit()).code).toBe(0);
  await clickhouse.close();
});

it('lists what could not be read over the API, and says that it still cannot', async () => {
  const kinds = Object.keys(createPoison()).length;
  await waitFor(async () => (await api('GET', '')).body.data.length === kinds, withinMs);
  const { body } = await api('GET', '');
  expect(new Set(body.data.map(({ id }) => id)).size).toBe(kinds);
  expect(await api('POST', `/${body.data[0]?.id}/replay`)).toMatchObject({
    status: 422,
    body: { error: { code: 'unreadable' } },
  });
});

it('says what is missing when nothing runs, and what it does not understand', async () => {
  pipeline.kill('SIGTERM');
  expect(await pipeline.ended).toEqual({ code: 0, signal: null });
  expect(await audit()).toMatchObject({
    code: 2,
    text: expect.stringMatching(/^audit: CLICKHOUSE_URL is not set and no pipeline is running on /),
  });
  expect(await audit('--mend')).toMatchObject({
    code: 2,
    text: expect.stringMatching(/--mend[\s\S]*npm run audit --/),
  });
});
