import type { SenderConfig } from '../../ingest/alertmanager/senders.ts';
import { buildIngest, buildWebhook, type IngestDeps } from '../../ingest/app.ts';
import { createPeerSeals, type PeerSeals } from '../../platform/http/forwarded-peer.ts';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { createMetrics, type Metrics } from '../../platform/metrics.ts';
import type { Directory } from '../../platform/tenancy/tenancy.ts';
import type { AlertBatch } from '../../schemas/telemetry/alert-batch.ts';
import { decodeAlertBatch } from '../../schemas/telemetry/alert-batch-codec.ts';
import { TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';
import { silentLog, testPepper } from './control-plane.ts';
import { NOW, type TestAnswer, testDirectory } from './ingest-app.ts';

export interface TestWebhook {
  /** Posts to the webhook port from loopback, without a credential. */
  post(body: unknown, how?: PostOptions): Promise<TestAnswer>;
  /** Everything in the topic of alerts, by partition and offset. */
  stored(): Promise<AlertBatch[]>;
  metrics: Metrics;
  seals: PeerSeals;
  clock: { now: number };
}

export interface PostOptions {
  path?: string;
  headers?: Record<string, string>;
  from?: string;
}

export interface WebhookOptions {
  config?: SenderConfig & { requireHttps?: boolean };
  logStore?: LogStore;
  directory?: Directory;
  /** The webhook port unless said otherwise. */
  port?: 'webhook' | 'ingest';
  withDefaultOrganization?: boolean;
}

/** A listener for alerts over a memory log, or over the log given. Alerts that name no tenant are GAMMA's. */
export async function startTestWebhook(options: WebhookOptions = {}): Promise<TestWebhook> {
  const { logStore = createMemoryLog(), directory = testDirectory(), port = 'webhook', config = {} } = options;
  const metrics = createMetrics({ host: '127.0.0.1' });
  const seals = createPeerSeals(createPageTokens(testPepper));
  const clock = { now: NOW };
  const deps: IngestDeps = {
    logStore,
    directory,
    log: silentLog,
    config: { rateLimits: { ingest: 1, query: 1, admin: 1 }, requireHttps: false, ...config },
    checks: {},
    metrics,
    seals,
    now: () => clock.now,
  };
  if (options.withDefaultOrganization !== false) deps.defaultOrganization = () => tenantOf(directory, 'GAMMA');
  const app = await (port === 'webhook' ? buildWebhook(deps) : buildIngest(deps));
  await app.ready();
  return {
    metrics,
    seals,
    clock,
    stored: () => readAlertBatches(logStore),
    async post(body, { path = '/api/v1/alerts/webhook', headers = {}, from = '127.0.0.1' } = {}) {
      const response = await app.inject({
        method: 'POST',
        url: path,
        remoteAddress: from,
        headers: { 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const { statusCode: status, payload: text } = response;
      return { status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

async function tenantOf(directory: Directory, reference: string) {
  const tenant = await directory.tenant(reference);
  if (tenant === undefined) throw new Error(`there is no ${reference}`);
  return tenant;
}

/** All batches of the topic of alerts. Throws when a record cannot be decoded. */
export async function readAlertBatches(logStore: LogStore): Promise<AlertBatch[]> {
  const { partitions } = TOPIC_SETTINGS[TOPICS.alerts];
  const bounds = await Promise.all(Array.from({ length: partitions }, (_, p) => logStore.bounds(TOPICS.alerts, p)));
  let left = bounds.reduce((sum, { first, next }) => sum + next - first, 0);
  const batches: AlertBatch[] = [];
  if (left === 0) return batches;
  const { promise: allRead, resolve } = Promise.withResolvers<void>();
  const consumer = await logStore.consume({
    group: 'reader',
    topics: [TOPICS.alerts],
    onBatch: async ({ records }) => {
      for (const { value } of records) batches.push(decoded(value));
      left -= records.length;
      if (left <= 0) resolve();
    },
  });
  await Promise.race([allRead, consumer.done]);
  await consumer.stop();
  return batches;
}

function decoded(value: Uint8Array): AlertBatch {
  const batch = decodeAlertBatch(value);
  if (typeof batch === 'string') throw new Error(`a record is ${batch}`);
  return batch;
}
