import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClickHouse } from '../../platform/clickhouse.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import type { StoreUrls } from '../../platform/supervisor/stores.ts';
import type { Replayed } from '../../processors/replay/replay.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { ANALYTICS_GROUP, TOPICS } from '../../schemas/topics.ts';
import { createLoadBatch, testAt } from '../support/event-batches.ts';
import { type Program, runProgram, waitFor } from '../support/processes.ts';

const env = {
  TIDEMARK_INGEST_PORT: '0',
  TIDEMARK_API_PORT: '0',
  TIDEMARK_WEBHOOK_PORT: '0',
  TIDEMARK_LOG_LEVEL: 'warn',
};
const withinMs = 60_000;
const range = ['--from', '2026-03-19T00:00:00Z', '--to', '2026-03-20T00:00:00Z'];
let dataDir: string;
let pipeline: Program;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tidemark-replay-'));
  pipeline = runProgram('main.ts', [], { ...env, TIDEMARK_DATA_DIR: dataDir });
  await pipeline.line(/^ready /);
});
afterAll(async () => {
  pipeline.kill('SIGKILL');
  await pipeline.ended;
  await rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
});

async function replay(...args: string[]) {
  const program = runProgram('processors/replay/main.ts', args, { TIDEMARK_DATA_DIR: dataDir });
  const { code } = await program.ended;
  return { code, text: program.lines.join('\n') };
}

it('folds the log of a running pipeline under other targets, and leaves the pipeline as it was', async () => {
  const { logUrl, clickhouseWriterUrl } = JSON.parse(
    await readFile(join(dataDir, 'endpoints.json'), 'utf8'),
  ) as StoreUrls;
  const log = await openLogStore({ logUrl });
  const batches = [0, 1].map((number) =>
    encodeEventBatch(createLoadBatch(number, { count: 500, tenant: 'org_acme', at: testAt })),
  );
  await log.append(TOPICS.events, 0, batches);
  const committed = () => log.committed(ANALYTICS_GROUP, TOPICS.events, 0);
  await waitFor(async () => ((await committed())?.offset ?? 0) >= batches.length, withinMs);

  const { code, text } = await replay(...range, '--set', 'sla.target=1000', '--json');
  expect({ code, text }).toMatchObject({ code: 0 });
  const { difference } = JSON.parse(text) as Replayed;
  expect(difference.metrics.reduce((sum, { events }) => sum + events, 0)).toBe(500);
  expect(difference.metrics.every(({ complianceBefore }) => complianceBefore < 1)).toBe(true);
  expect(difference.metrics.every(({ complianceAfter }) => complianceAfter === 1)).toBe(true);

  const printed = await replay(...range, '--set', 'sla.target.urgency-2=1000');
  expect(printed.code).toBe(0);
  expect(printed.text).toMatch(
    /^SLA compliance: \d of \d metrics differ\n {2}tenant +capability +metric +events +met +compliance\n/,
  );
  expect((await committed())?.offset).toBeGreaterThanOrEqual(batches.length);
  const clickhouse = createClickHouse(clickhouseWriterUrl);
  const databases = await clickhouse.select(`SELECT name FROM system.databases WHERE name LIKE 'tidemark_replay%'`);
  expect(databases).toEqual([]);
  await Promise.all([clickhouse.close(), log.close()]);
});

it('ends with 2 and its usage where it is asked for something else', async () => {
  const nothing = await replay(...range);
  expect(nothing).toEqual({ code: 2, text: expect.stringMatching(/^replay: --set is missing.+\nnpm run replay -- /) });
  const nobody = await replay(...range, '--set', 'sla.target=1', '--tenant', 'NOBODY');
  expect(nobody).toEqual({ code: 2, text: expect.stringContaining('--tenant NOBODY: there is no such organization') });
});
