import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogServer, type LogServer } from '../../platform/log-store/embedded-server.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';
import { type Analytics, rollupTables, startAnalytics, totalsOf } from '../support/analytics.ts';
import { createLoadBatch } from '../support/event-batches.ts';
import { type Program, runProgram, waitFor } from '../support/processes.ts';

/** How often a process is killed; `ROUNDS=100` for the long proof. */
const rounds = Number(process.env.ROUNDS ?? 6);
const partitions = 2;
const eventsPerRecord = 200;
const recordsPerAppend = 15;
const maxLifeMs = 900;
const drainMs = 60_000;

let dir: string;
let server: LogServer;
let store: LogStore;
let analytics: Analytics;
let processors: Program | undefined;
let load: { stop(): Promise<{ events: number; next: number[] }> } | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidemark-kill-'));
  server = await createLogServer({ dir: join(dir, 'log'), token: 'secret', topics: TOPIC_SETTINGS });
  store = await openLogStore({ logUrl: server.url });
  analytics = await startAnalytics();
});

afterEach(async () => {
  await load?.stop();
  processors?.kill('SIGKILL');
  await processors?.ended;
  await analytics.stop();
  await store.close();
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

test(
  `processors killed ${rounds} times under load store every event once, in raw rows and rollups`,
  async () => {
    load = startLoad();
    for (let round = 0; round < rounds; round++) {
      const program = startProcessors();
      await program.line(/Server listening/);
      await delay(Math.random() * maxLifeMs);
      program.kill('SIGKILL');
      await program.ended;
    }
    startProcessors();
    await expectAllStoredOnce(await load.stop());
  },
  drainMs + rounds * 10_000,
);

test(
  `processors store every event once while ClickHouse is killed ${rounds} times`,
  async () => {
    load = startLoad();
    const program = startProcessors();
    await program.line(/Server listening/);
    for (let round = 0; round < rounds; round++) {
      await delay(Math.random() * maxLifeMs);
      await analytics.killAndRestart();
    }
    await expectAllStoredOnce(await load.stop());
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  },
  drainMs + rounds * 10_000,
);

function startProcessors(): Program {
  processors = runProgram('processors/main.ts', [], {
    CLICKHOUSE_URL: analytics.writerUrl,
    TIDEMARK_LOG_URL: server.url,
    TIDEMARK_PROCESSORS_PORT: '0',
  });
  return processors;
}

/** Appends events of two tenants, each on its partition, until it is stopped. */
function startLoad(): NonNullable<typeof load> {
  const state = { isOver: false, records: 0 };
  const next = Array.from({ length: partitions }, () => 0);
  const appending = (async () => {
    for (let round = 0; !state.isOver; round++) {
      const partition = round % partitions;
      const values = Array.from({ length: recordsPerAppend }, () => {
        const number = state.records++;
        const at = Date.now() - (number % 50) * 60_000;
        return encodeEventBatch(createLoadBatch(number, { count: eventsPerRecord, tenant: `org_${partition}`, at }));
      });
      const offsets = await store.append(TOPICS.events, partition, values);
      next[partition] = (offsets.at(-1) ?? 0) + 1;
      await delay(30);
    }
  })();
  return {
    async stop() {
      state.isOver = true;
      await appending;
      return { events: state.records * eventsPerRecord, next };
    },
  };
}

async function expectAllStoredOnce({ events, next }: { events: number; next: number[] }): Promise<void> {
  await waitFor(async () => {
    const commits = next.map((_, partition) => store.committed(PROCESSORS_GROUP, TOPICS.events, partition));
    return (await Promise.all(commits)).every((commit, partition) => commit?.offset === next[partition]);
  }, drainMs);
  const raw = await totalsOf(analytics.clickhouse, 'events');
  expect(raw.count).toBe(events);
  for (const table of rollupTables) expect(await totalsOf(analytics.clickhouse, table), table).toEqual(raw);
  const [positions] = await analytics.clickhouse.select<{ count: number }>(
    'SELECT uniqExact(log_partition, log_offset, log_index) AS count FROM events',
  );
  expect(positions?.count).toBe(events);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
