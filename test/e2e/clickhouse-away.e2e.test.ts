import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLoadTenant } from '../../bench/load/world.ts';
import { type ApiClient, createApiClient } from '../../bench/support/client.ts';
import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';
import { commandOf, descendantsOf, waitFor } from '../support/processes.ts';

/** How long the engine is away; `AWAY_MS=60000` for the full minute. */
const awayMs = Number(process.env.AWAY_MS ?? 10_000);
const batchSize = 500;
const pauseMs = 50;
const drainMs = 60_000;
/** What cannot be stored stays in the log: it must not pile up in memory. */
const maxProcessorsGrowthMiB = 150;

let pipeline: RunningPipeline;
let admin: ApiClient;
let producer: ApiClient;

beforeAll(async () => {
  pipeline = await startPipeline({});
  admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  producer = createApiClient({ baseUrl: pipeline.ingestUrl, key: await createLoadTenant(admin, 'AWAY') });
});

afterAll(() => pipeline.stop());

test.each([
  [`frozen for ${awayMs} ms`, 'SIGSTOP'],
  ['killed and started again', 'SIGKILL'],
] as const)(
  `events go on being accepted while ClickHouse is %s, and all of them arrive afterwards`,
  async (_state, signal) => {
    const before = await countStored();
    const rssBefore = processorsRssMiB();
    let sent = await post(5);
    process.kill(pidOf('clickhouse-main'), signal);
    const until = performance.now() + awayMs;
    while (performance.now() < until) sent += await post(1);
    const growth = processorsRssMiB() - rssBefore;
    if (signal === 'SIGSTOP') process.kill(pidOf('clickhouse-main'), 'SIGCONT');
    sent += await post(5);
    await waitFor(async () => (await countStored()) >= before + sent, drainMs);
    expect(await countStored()).toBe(before + sent);
    expect(growth).toBeLessThan(maxProcessorsGrowthMiB);
  },
  awayMs + drainMs + 30_000,
);

/** Every answer must be 201: anything else throws. */
async function post(batches: number): Promise<number> {
  for (let batch = 0; batch < batches; batch++) {
    const events = Array.from({ length: batchSize }, (_, index) => ({
      orgCode: 'AWAY',
      capabilityCode: 'P2P',
      metricType: 'CycleTime',
      value: 10 + index,
      dimensions: { urgency: 'Standard' },
    }));
    await producer.post('/api/v1/events/batch', { events });
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return batches * batchSize;
}

async function countStored(): Promise<number> {
  const { data } = await admin
    .get<{ data: { count: number }[] }>('/api/v1/metrics', { orgCode: 'AWAY' })
    .catch(() => ({ data: [] }));
  return data[0]?.count ?? 0;
}

function pidOf(program: string): number {
  const pid = descendantsOf(pipeline.pid ?? 0).find((candidate) => commandOf(candidate).includes(program));
  if (pid === undefined) throw new Error(`no process runs ${program}`);
  return pid;
}

function processorsRssMiB(): number {
  const status = readFileSync(`/proc/${pidOf('processors/main')}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}
