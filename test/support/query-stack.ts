import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { startClickHouse } from '../../platform/embedded/clickhouse-server.ts';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import type { HttpServer } from '../../platform/http/server.ts';
import { createMemoryBroker } from '../../platform/log-store/memory.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { migrateClickHouse } from '../../platform/migrate/migrate-clickhouse.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import type { MetricDefinition, Tenant } from '../../platform/tenancy/tenancy.ts';
import { buildQueryApi } from '../../query-api/app.ts';
import { createControl } from '../../query-api/control/control.ts';
import { createDeadLetters } from '../../query-api/dead-letters/dead-letters.ts';
import { silentLog, testPepper } from './control-plane.ts';
import { createInMemoryDirectory, createTenant } from './in-memory-directory.ts';
import { createMemoryResolutions } from './memory-resolutions.ts';

export const acme = createTenant({ code: 'ACME', id: 'org_acme', number: 17, slug: 'acme-corp' });
export const globex = createTenant({ code: 'GLOBEX', id: 'org_globex', number: 18, slug: 'globex' });
export const testTenants = [acme, globex];

/** What the clock of the API under test shows. */
export const testNow = Date.UTC(2026, 2, 19, 12, 0, 0);

export const cycleTime: MetricDefinition = {
  id: 'met_P2P_CycleTime',
  capability: 'P2P',
  metricType: 'CycleTime',
  displayName: 'Prior authorization time',
  unit: 'hours',
  slaDimension: 'urgency',
  slaTargets: { Expedited: 8, Urgent: 24, Standard: 72 },
};
export const neverMeasured: MetricDefinition = {
  ...cycleTime,
  id: 'met_P2P_Never',
  metricType: 'Never',
  slaTargets: {},
};

export interface TestEvent {
  tenant: Tenant;
  capability: string;
  metric: string;
  /** Milliseconds since the epoch. */
  at: number;
  value: number;
  dimensions?: Record<string, string>;
  unrolled?: string[];
  slaTarget?: number;
  correlationId?: string;
  id?: string;
}

export interface QueryStack {
  app: HttpServer;
  /** As the writer. */
  writer: ClickHouse;
  /** As the API reads. */
  reader: ClickHouse;
  insert(events: readonly TestEvent[]): Promise<void>;
  /** The answer to a GET with the key of ACME that may query, or another one. */
  get(url: string, key?: string): Promise<{ status: number; body: never }>;
  close(): Promise<void>;
}

/** The API tier over a real, migrated ClickHouse in a temporary directory and the in-memory directory. */
export async function startQueryStack(options: { ingestUrl?: string } = {}): Promise<QueryStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-query-'));
  const server = await startClickHouse({ dataDir, log: silentLog });
  const writer = createClickHouse(server.writerUrl);
  const reader = createClickHouse(server.readerUrl);
  await migrateClickHouse(writer, await readMigrations(join(import.meta.dirname, '../../sql/clickhouse/migrations')));
  // Never connected: no test of the reads asks the control plane.
  const sql = createPostgres('postgres://nobody@127.0.0.1:1/none');
  const app = await buildQueryApi(
    {
      clickhouse: reader,
      directory: testDirectory(),
      control: {
        ...createControl({ sql, pepper: testPepper, now: () => testNow }),
        resolutions: createMemoryResolutions(() => testNow),
        lastRun: async () => new Date(testNow - 30_000),
      },
      deadLetters: createDeadLetters({ sql, openLog: async () => createMemoryBroker().open(), now: () => testNow }),
      pageTokens: createPageTokens(testPepper),
      now: () => testNow,
      config: { rateLimits: false, requireHttps: false, ...options },
      log: silentLog,
      metrics: createMetrics({ host: '127.0.0.1' }),
    },
    { clickhouse: () => reader.ping() },
  );
  return {
    app,
    writer,
    reader,
    insert: (events) => insertEvents(writer, events),
    async get(url, key = 'k-query') {
      const response = await app.inject({ url, headers: { 'x-api-key': key } });
      return { status: response.statusCode, body: response.json() as never };
    },
    async close() {
      await app.close();
      await Promise.all([writer.close(), reader.close(), closePostgres(sql)]);
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function testDirectory() {
  return createInMemoryDirectory({
    tenants: testTenants,
    keys: {
      'k-query': { permissions: ['query'], tenants: [acme.id] },
      'k-ingest': { permissions: ['ingest'], tenants: [acme.id] },
      'k-both': { permissions: ['query'], tenants: [acme.id, globex.id] },
      'k-none': { permissions: ['query'], tenants: [] },
    },
    catalogs: {
      [acme.id]: { capabilities: [{ code: 'P2P', name: 'P2P' }], metrics: [cycleTime, neverMeasured] },
    },
  });
}

let inserted = 0;

/** Stores events as the archive would; rollups follow. `writer` as the user that may write. */
export async function insertEvents(writer: ClickHouse, events: readonly TestEvent[]): Promise<void> {
  const rows = events.map((event) =>
    JSON.stringify({
      tenant: event.tenant.id,
      capability: event.capability,
      metric: event.metric,
      at: (event.at / 1000).toFixed(3),
      value: event.value,
      dimensions: event.dimensions ?? {},
      unrolled: event.unrolled ?? [],
      correlation_id: event.correlationId ?? '',
      sla_target: event.slaTarget ?? null,
      event_id: event.id ?? `evt_${inserted}`,
      client_id: false,
      received_at: '1770000000',
      expires_at: 4_000_000_000,
      log_partition: 0,
      log_offset: inserted++,
      log_index: 0,
    }),
  );
  await writer.command(`INSERT INTO events FORMAT JSONEachRow\n${rows.join('\n')}`);
}
