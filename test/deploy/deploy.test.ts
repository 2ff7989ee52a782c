import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createIngestMetrics } from '../../ingest/metrics.ts';
import { readConfig } from '../../platform/config.ts';
import { createLimitMetrics } from '../../platform/limits/store-state.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { measureProcess } from '../../platform/process-metrics.ts';
import { parsePepper } from '../../platform/tenancy/pepper.ts';
import { exportAnalytics } from '../../processors/analytics/analytics-metrics.ts';
import { followLag } from '../../processors/lag.ts';
import { createProcessorMetrics, exportAudits, exportStats } from '../../processors/metrics.ts';
import { telemetryStreams } from '../../processors/streams/registry.ts';
import { createWorkerStats } from '../../processors/worker-stats.ts';
import { TOPIC_SETTINGS, TOPICS, type Topic } from '../../schemas/topics.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
const compose = read('docker-compose.yml');
const alerts = read('deploy/prometheus/alerts.yml');

/** The part of a YAML text that belongs to a key with two spaces before it. */
function serviceOf(name: string): string {
  const found = new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n|\\n)+)`, 'm').exec(compose)?.[1];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
}

/** Every variable the configuration asks for. */
function knownVariables(): Set<string> {
  const asked = new Set<string>(['TIDEMARK_KEY_PEPPER']);
  readConfig(new Proxy({}, { get: (_target, name) => void asked.add(String(name)) }));
  return asked;
}

describe('docker-compose.yml', () => {
  it('gives the tiers only variables they know', () => {
    const ours = compose.replace(serviceOf('kafka'), '');
    const named = [...ours.matchAll(/^ +((?:TIDEMARK|KAFKA)_[A-Z_]+|CLICKHOUSE_URL|DATABASE_URL):/gm)].map(
      (match) => match[1],
    );
    expect(named.length).toBeGreaterThan(20);
    const known = knownVariables();
    expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
  });

  it('publishes the ports of ingest, API and webhooks on loopback and nothing else', () => {
    const published = [...compose.matchAll(/^ +ports: \[(.*)\]$/gm)].flatMap((match) => match[1]?.split(', ') ?? []);
    expect(published.sort()).toEqual(["'127.0.0.1:3001:3001'", "'127.0.0.1:8080:8080'", "'127.0.0.1:9093:9093'"]);
    expect(compose.match(/ports:/g)).toHaveLength(2);
  });

  it.each(['kafka', 'clickhouse', 'postgres', 'ingest', 'processors', 'query-api'])(
    'says when %s is healthy, what it may use and that it comes back',
    (name) => {
      const service = serviceOf(name);
      expect(service).toContain('healthcheck:');
      expect(service).toMatch(/limits: \{ cpus: '\d+', memory: \d+[MG] \}/);
      expect(service).toMatch(/<<: \*(restart|tier)/);
    },
  );

  it('starts every tier behind the migrations, and those behind healthy stores', () => {
    for (const tier of ['ingest', 'processors', 'query-api']) {
      expect(serviceOf(tier)).toContain('migrate: { condition: service_completed_successfully }');
    }
    expect(serviceOf('migrate').match(/condition: service_healthy/g)).toHaveLength(3);
  });

  it('gives the API the user that may only read', () => {
    expect(serviceOf('query-api')).toContain('http://tidemark_reader:');
    expect(serviceOf('query-api')).not.toContain('tidemark_writer');
  });

  it('gives the processors the control plane for dead letters, and the API the log to replay them', () => {
    expect(serviceOf('processors')).toContain('DATABASE_URL: *database-url');
    expect(serviceOf('query-api')).toMatch(/<<: \[.*\*log.*\]/);
  });

  it('has a pepper for development that works', () => {
    const pepper = /TIDEMARK_KEY_PEPPER:-([^}]+)\}/.exec(compose)?.[1] ?? '';
    expect(parsePepper(pepper).current).toBe(1);
  });
});

describe('the configuration of ClickHouse', () => {
  it('has the users of the URLs, with the passwords that compose passes on', () => {
    const users = read('deploy/clickhouse/users.xml');
    for (const role of ['writer', 'reader']) {
      expect(users).toContain(`<tidemark_${role}>`);
      expect(users).toContain(`<password from_env="CLICKHOUSE_${role.toUpperCase()}_PASSWORD"/>`);
      expect(serviceOf('clickhouse')).toContain(`CLICKHOUSE_${role.toUpperCase()}_PASSWORD:`);
    }
  });

  it('has the cluster that the migrations are told', () => {
    const cluster = /TIDEMARK_CLICKHOUSE_CLUSTER: (\w+)/.exec(compose)?.[1];
    const server = read('deploy/clickhouse/server.xml').replaceAll(/\s+/g, '');
    expect(server).toContain(`<remote_servers><${cluster}>`);
    expect(server).toContain(`<macros><cluster>${cluster}</cluster><shard>`);
  });
});

describe('the image', () => {
  it('holds every folder the tiers import from, and no other may enter the build', () => {
    const copied = [...read('Dockerfile').matchAll(/^COPY (\S+) \1$/gm)].map((match) => match[1]);
    expect(copied.sort()).toEqual(['ingest', 'platform', 'processors', 'query-api', 'schemas', 'sql']);
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    expect(allowed).toEqual(expect.arrayContaining(copied.map((folder) => `!${folder}`)));
    expect(read('.dockerignore')).toMatch(/^\*$/m);
  });

  it('does not run as root', () => {
    expect(read('Dockerfile')).toMatch(/^USER node$/m);
  });
});

describe('the alerts', () => {
  it('ask only for metrics that exist', () => {
    const { registry } = createMetrics({ host: '127.0.0.1' });
    measureProcess(registry)();
    createIngestMetrics(registry);
    createProcessorMetrics(registry);
    exportStats(registry, createWorkerStats());
    exportAudits(registry, { runs: 0, failures: 0, wrongCells: 0, unsettledCells: 0 });
    followLag(createMemoryLog(), registry);
    createLimitMetrics(registry);
    exportAnalytics(registry, { workers: new Map() });
    const names = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const asked = [...alerts.matchAll(/\b(tidemark_\w+)/g)].map(
      (match) => match[1]?.replace(/_(bucket|sum|count)$/, '') ?? '',
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  it('know how many partitions must have an owner', () => {
    const topics = [TOPICS.events, ...telemetryStreams.map(({ topic }) => topic)] as Topic[];
    const partitions = topics.reduce((sum, topic) => sum + TOPIC_SETTINGS[topic].partitions, 0);
    expect(alerts).toContain(`(tidemark_consumer_lag_records)) < ${partitions} or absent`);
  });
});
