import { buildIngest, type IngestDeps } from '../../ingest/app.ts';
import type { HttpServer } from '../../platform/http/server.ts';
import { createLog } from '../../platform/log.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { createMetrics } from '../../platform/metrics.ts';
import type { MetricDefinition } from '../../platform/tenancy/tenancy.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { TOPIC_SETTINGS, TOPICS, type Topic } from '../../schemas/topics.ts';
import { createInMemoryDirectory, createTenant } from './in-memory-directory.ts';

/** When the tests happen. */
export const NOW = Date.UTC(2026, 2, 18, 10, 30, 1);
export const INGEST_KEY = 'mk_live_ingest';
/** For ACME alone. */
export const TELEMETRY_KEY = 'mk_live_telemetry';
export const QUERY_KEY = 'mk_live_query';

const cycleTime: MetricDefinition = {
  id: 'met_P2P_CycleTime',
  capability: 'P2P',
  metricType: 'CycleTime',
  displayName: 'Cycle time',
  unit: 'hours',
  slaDimension: 'urgency',
  slaTargets: { Standard: 24, Urgent: 4 },
};

/** ACME and BETA may be written with one key; GAMMA exists and may not; DELTA is suspended. */
export const testDirectory = () =>
  createInMemoryDirectory({
    tenants: [
      createTenant({ code: 'ACME', number: 1, shard: 1 }),
      createTenant({ code: 'BETA', number: 2, shard: 6, dataRetentionDays: 30 }),
      createTenant({ code: 'GAMMA', number: 3 }),
      createTenant({ code: 'DELTA', number: 4, status: 'suspended' }),
      createTenant({ code: 'DEFAULT', number: 5, plan: 'free', shard: 3 }),
    ],
    keys: {
      [INGEST_KEY]: { permissions: ['ingest'], tenants: ['org_acme', 'org_beta', 'org_delta'] },
      [TELEMETRY_KEY]: { permissions: ['ingest'], tenants: ['org_acme'] },
      [QUERY_KEY]: { permissions: ['query'], tenants: ['org_acme'] },
    },
    catalogs: {
      org_acme: {
        capabilities: [
          { code: 'P2P', name: 'Procure to pay' },
          { code: 'PA', name: 'Prior authorization' },
        ],
        metrics: [cycleTime],
      },
      org_beta: { capabilities: [{ code: 'P2P', name: 'Procure to pay' }] },
    },
  });

export interface TestIngest {
  app: HttpServer;
  logStore: LogStore;
  clock: { now: number };
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Everything in the events topic, by partition and offset. */
  stored(): Promise<EventBatch[]>;
}

export interface TestAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  body: any;
}

/** An ingest app over a memory log, or over the log given. */
export async function startTestIngest(
  logStore: LogStore = createMemoryLog(),
  changes: Partial<IngestDeps> = {},
): Promise<TestIngest> {
  const clock = { now: NOW };
  const app = await buildIngest({
    logStore,
    directory: testDirectory(),
    log: createLog('test', 'silent'),
    config: { rateLimits: false, requireHttps: false },
    checks: {},
    metrics: createMetrics({ host: '127.0.0.1' }),
    now: () => clock.now,
    ...changes,
  });
  await app.ready();
  return {
    app,
    logStore,
    clock,
    post: (path, body, headers = {}) => post(app, { path, body, headers }),
    stored: () => readBatches(logStore),
  };
}

async function post(
  app: HttpServer,
  { path, body, headers }: { path: string; body: unknown; headers: Record<string, string> },
): Promise<TestAnswer> {
  const response = await app.inject({
    method: 'POST',
    url: path,
    headers: { 'x-api-key': INGEST_KEY, 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
  const { statusCode: status, payload: text } = response;
  return { status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) };
}

/** All batches of the events topic. Throws when a record cannot be decoded. */
export const readBatches = (logStore: LogStore): Promise<EventBatch[]> =>
  readRecords(logStore, TOPICS.events, decodeEventBatch);

/** All batches of a topic. Throws when a record cannot be decoded. */
export async function readRecords<Batch>(
  logStore: LogStore,
  topic: Topic,
  decode: (value: Uint8Array) => Batch | string,
): Promise<Batch[]> {
  const values: Uint8Array[] = [];
  const { partitions } = TOPIC_SETTINGS[topic];
  const ends = await Promise.all(Array.from({ length: partitions }, (_, p) => logStore.bounds(topic, p)));
  let left = ends.reduce((sum, { first, next }) => sum + next - first, 0);
  if (left === 0) return [];
  const { promise: allRead, resolve } = Promise.withResolvers<void>();
  const consumer = await logStore.consume({
    group: 'reader',
    topics: [topic],
    onBatch: async ({ records }) => {
      for (const { value } of records) values.push(value.slice());
      left -= records.length;
      if (left <= 0) resolve();
    },
  });
  await Promise.race([allRead, consumer.done]);
  await consumer.stop();
  return values.map((value) => {
    const batch = decode(value);
    if (typeof batch === 'string') throw new Error(`a record is ${batch}`);
    return batch;
  });
}
