import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogServer } from '../../platform/log-store/embedded-server.ts';
import { type LogStore, LogUnavailableError } from '../../platform/log-store/log-store.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import { auditRollups } from '../../processors/audit/audit.ts';
import { renderDifference } from '../../processors/audit/render-report.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';
import { type Analytics, startAnalytics } from './analytics.ts';
import { createLoadBatch } from './event-batches.ts';
import type { KafkaCluster } from './kafka-broker.ts';
import { createTestTopics, QUIET } from './kafka-log.ts';
import { createMembers, type Members } from './members.ts';
import { waitFor } from './processes.ts';

/** A log, an analytics store and processors' processes between them, under load. */
export interface ScaleOut {
  members: Members;
  /** Resolves when each partition has exactly one owner, and each member that is awake at least one; throws after the deadline. */
  shared(deadlineMs: number): Promise<void>;
  startLoad(): Load;
  /** Ends the load, waits until all is stored, and compares. */
  judge(load: Load, drainMs: number): Promise<Verdict>;
  stop(): Promise<void>;
}

export interface Load {
  /** Events acknowledged so far. */
  events(): number;
  /** Ends; resolves with the end of each partition in the log. */
  stop(): Promise<number[]>;
}

export interface Verdict {
  acknowledged: number;
  lost: number;
  duplicated: number;
  /** Rollup cells that differ from their source, or could not be judged. */
  differingCells: number;
  /** Some of them, described. */
  differences: string[];
}

/** A log the members can reach, by environment. */
export interface ScaleOutLog {
  store: LogStore;
  env: Record<string, string>;
  stop(): Promise<void>;
}

const { partitions } = TOPIC_SETTINGS[TOPICS.events];
const eventsPerRecord = 100;
const recordsPerAppend = 3;
const pauseMs = 100;
const retryMs = 100;
const maxListed = 10;

/** The embedded log in this process; a member that is silent for `sessionTimeoutMs` is out. */
export async function startEmbeddedScaleOutLog(sessionTimeoutMs: number): Promise<ScaleOutLog> {
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-scale-out-'));
  const server = await createLogServer({ dir, token: 'secret', topics: TOPIC_SETTINGS, sessionTimeoutMs });
  const store = await openLogStore({ logUrl: server.url });
  return {
    store,
    env: { TIDEMARK_LOG_URL: server.url },
    async stop() {
      await store.close();
      await server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Topics of their own on a Kafka cluster; a member that is silent for `sessionTimeoutMs` is out. */
export async function openKafkaScaleOutLog(kafka: KafkaCluster, sessionTimeoutMs: number): Promise<ScaleOutLog> {
  const prefix = await createTestTopics(kafka, TOPIC_SETTINGS);
  const { createKafkaLog } = await import('../../platform/log-store/kafka/kafka-log.ts');
  const store = await createKafkaLog({ brokers: kafka.brokers, clientId: 'scale-out', prefix, log: QUIET });
  const env = {
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_PREFIX: prefix,
    KAFKA_SESSION_TIMEOUT_MS: String(sessionTimeoutMs),
  };
  return { store, env, stop: () => store.close() };
}

/** Real processors between the log and a real ClickHouse. */
export async function startScaleOut(log: ScaleOutLog): Promise<ScaleOut> {
  const analytics = await startAnalytics();
  const members = createMembers({ ...log.env, CLICKHOUSE_URL: analytics.writerUrl });
  return {
    members,
    shared: (deadlineMs) => waitFor(async () => isShared(await members.owned()), deadlineMs),
    startLoad: () => startLoad(log.store),
    async judge(load, drainMs) {
      const ends = await load.stop();
      await waitFor(() => isStored(log.store, ends), drainMs);
      return compare(analytics, load.events());
    },
    async stop() {
      await members.stop();
      await analytics.stop();
      await log.stop();
    },
  };
}

function isShared(owned: readonly (readonly number[])[]): boolean {
  const all = owned.flat();
  const hasEachOne = new Set(all).size === partitions && all.length === partitions;
  return hasEachOne && owned.every((some) => some.length > 0);
}

/** Appends events to all partitions until it is stopped: each has a tenant of its own, and one tenant is on all of them. */
function startLoad(store: LogStore): Load {
  const state = { isOver: false, records: 0, acknowledged: 0 };
  const ends = Array.from({ length: partitions }, () => 0);
  const appending = Promise.all(
    ends.map(async (_, partition) => {
      while (!state.isOver) {
        const values = Array.from({ length: recordsPerAppend }, () => createValue(state.records++, partition));
        const offsets = await store.append(TOPICS.events, partition, values);
        ends[partition] = (offsets.at(-1) ?? 0) + 1;
        state.acknowledged += values.length * eventsPerRecord;
        await delay(pauseMs);
      }
    }),
  );
  return {
    events: () => state.acknowledged,
    async stop() {
      state.isOver = true;
      await appending;
      return ends;
    },
  };
}

function createValue(number: number, partition: number): Uint8Array {
  const tenant = number % 2 === 0 ? 'org_everywhere' : `org_${partition}`;
  const at = Date.now() - (number % 50) * 60_000;
  return encodeEventBatch(createLoadBatch(number, { count: eventsPerRecord, tenant, at }));
}

async function isStored(store: LogStore, ends: readonly number[]): Promise<boolean> {
  try {
    const commits = ends.map((_, partition) => store.committed(PROCESSORS_GROUP, TOPICS.events, partition));
    return (await Promise.all(commits)).every((commit, partition) => (commit?.offset ?? 0) >= (ends[partition] ?? 0));
  } catch (error) {
    if (!(error instanceof LogUnavailableError)) throw error;
    await delay(retryMs);
    return false;
  }
}

async function compare({ clickhouse }: Analytics, acknowledged: number): Promise<Verdict> {
  const [stored] = await clickhouse.select<{ rows: number; distinct: number }>(
    'SELECT count() AS rows, uniqExact(log_partition, log_offset, log_index) AS distinct FROM events',
  );
  const { rows = 0, distinct = 0 } = stored ?? {};
  const { wrongCells, unsettledCells, listed } = await auditRollups(clickhouse, { maxListed });
  return {
    acknowledged,
    lost: acknowledged - distinct,
    duplicated: rows - distinct,
    differingCells: wrongCells + unsettledCells,
    differences: listed.map(renderDifference),
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
