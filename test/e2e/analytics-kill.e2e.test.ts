import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogServer, type LogServer } from '../../platform/log-store/embedded-server.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { ANALYTICS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';
import { type Analytics, startAnalytics } from '../support/analytics.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';
import { type Program, runProgram, waitFor } from '../support/processes.ts';
import { expectedRolled } from '../support/rolled.ts';
import { readRolled } from '../support/rolling-rows.ts';

/** How often processes are killed; `ROUNDS=100` for the long proof. */
const rounds = Number(process.env.ROUNDS ?? 5);
const partitions = 2;
const maxLifeMs = 900;
const drainMs = 60_000;
const minute = 60_000;

let dir: string;
let server: LogServer;
let store: LogStore;
let analytics: Analytics;
let plane: ControlPlane;
const programs = new Set<Program>();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidemark-analytics-kill-'));
  server = await createLogServer({ dir: join(dir, 'log'), token: 'secret', topics: TOPIC_SETTINGS });
  store = await openLogStore({ logUrl: server.url });
  [analytics, plane] = await Promise.all([startAnalytics(), startControlPlane()]);
});

afterEach(async () => {
  for (const program of programs) {
    program.kill('SIGKILL');
    await program.ended;
  }
  programs.clear();
  await Promise.all([analytics.stop(), plane.close()]);
  await store.close();
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

test(
  `processors killed ${rounds} times under load, one or two at a time, leave the percentiles of an undisturbed run`,
  async () => {
    const load = startLoad();
    for (let round = 0; round < rounds; round++) {
      const some = Array.from({ length: 1 + (round % 2) }, startProcessors);
      await Promise.all(some.map((program) => program.line(/Server listening/)));
      await delay(Math.random() * maxLifeMs);
      for (const program of some) program.kill('SIGKILL');
      await Promise.all(some.map(({ ended }) => ended));
    }
    const last = startProcessors();
    const { batches, next } = await load.stop();
    await waitFor(async () => {
      const commits = next.map((_, partition) => store.committed(ANALYTICS_GROUP, TOPICS.events, partition));
      return (await Promise.all(commits)).every((commit, partition) => commit?.offset === next[partition]);
    }, drainMs);
    const rolled = await readRolled(analytics.clickhouse);
    expect(rolled.size).toBeGreaterThan(1_000);
    expect(rolled).toEqual(expectedRolled(batches));
    last.kill('SIGTERM');
    expect(await last.ended).toEqual({ code: 0, signal: null });
  },
  drainMs + rounds * 10_000,
);

function startProcessors(): Program {
  const program = runProgram('test/support/processors-main.ts', [], {
    CLICKHOUSE_URL: analytics.writerUrl,
    DATABASE_URL: plane.url,
    TIDEMARK_LOG_URL: server.url,
    TIDEMARK_PROCESSORS_PORT: '0',
    SNAPSHOT_MS: '150',
  });
  programs.add(program);
  return program;
}

/** A request is a minute on; every fifth is half an hour late, every seventh comes again. */
function createRequest(partition: number, number: number): EventBatch {
  const repeated = number % 7 === 6 ? number - 3 : number;
  const receivedAt = testAt + repeated * minute;
  const at = receivedAt - (repeated % 5 === 4 ? 30 * minute : 0);
  const events = Array.from({ length: 20 }, (_, index) =>
    createEvent(`e${repeated}-${index}`, { metric: `m${index % 4}`, at, value: (repeated * 7 + index) % 50 }),
  );
  return createBatch([], { tenant: `org_${partition}`, clientIds: true, receivedAt, events });
}

/** Appends requests of two tenants, each on its partition, until it is stopped. */
function startLoad() {
  const state = { isOver: false, count: 0 };
  const batches: EventBatch[] = [];
  const next = Array.from({ length: partitions }, () => 0);
  const append = async (partition: number, batch: EventBatch) => {
    const [offset = 0] = await store.append(TOPICS.events, partition, [encodeEventBatch(batch)]);
    batches.push(batch);
    next[partition] = offset + 1;
  };
  const appending = (async () => {
    for (; !state.isOver; state.count++) {
      for (let partition = 0; partition < partitions; partition++)
        await append(partition, createRequest(partition, state.count));
      await delay(20);
    }
  })();
  return {
    async stop() {
      state.isOver = true;
      await appending;
      // What is late is told with the next minute: let it come.
      const at = testAt + (state.count + 1) * minute;
      const last = createBatch([], { receivedAt: at, events: [createEvent('last', { at })] });
      for (let partition = 0; partition < partitions; partition++)
        await append(partition, { ...last, tenant: `org_${partition}` });
      return { batches, next };
    },
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
