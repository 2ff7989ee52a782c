import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import type { MetricBatch, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { decodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { type RunningProgram, startPrometheus } from '../support/foreign-programs.ts';
import { readRecords, startTestIngest, TELEMETRY_KEY, type TestIngest } from '../support/ingest-app.ts';
import { waitFor } from '../support/processes.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** How long ingest is away. */
const AWAY_MS = Number(process.env.TIDEMARK_TEST_RECEIVER_AWAY_S ?? 4) * 1_000;
const ARRIVAL_MS = 60_000;
/** Every so many answers one does not arrive. */
const LOST_ANSWER = 3;
const SERIES = 100;

const log = createMemoryLog();
let ingest: TestIngest;
let proxy: TcpProxy;
let prometheus: RunningProgram;
let exporter: Server;

beforeAll(async () => {
  proxy = await startTcpProxy();
  exporter = startExporter();
  await startIngest();
  prometheus = await startPrometheus({ config: configuration() });
});

afterAll(async () => {
  await prometheus?.stop();
  await ingest?.app.close();
  await proxy?.close();
  exporter?.close();
});

/** The ingest tier, anew and on another port, over the same log. */
async function startIngest(): Promise<void> {
  ingest = await startTestIngest(log, { now: Date.now });
  await ingest.app.listen({ host: '127.0.0.1', port: 0 });
  proxy.target((ingest.app.server.address() as AddressInfo).port);
}

/** Metrics that are others at each scrape: totals, gauges, a summary without values. */
function startExporter(): Server {
  let scrapes = 0;
  return createServer((_request, response) => {
    scrapes++;
    const lines = Array.from({ length: SERIES }, (_, n) => [
      `work_total{worker="${n}"} ${scrapes * n}`,
      `pressure{worker="${n}"} ${Math.sin(scrapes * n)}`,
    ]);
    response.end(`${lines.flat().join('\n')}\nlatency{quantile="0.5"} NaN\n`);
  }).listen(0, '127.0.0.1');
}

/** A Prometheus that scrapes them and hands everything on. */
const configuration = () => ({
  global: { scrape_interval: '500ms', scrape_timeout: '500ms', external_labels: { cluster: 'test' } },
  scrape_configs: [
    { job_name: 'exporter', static_configs: [{ targets: [`127.0.0.1:${(exporter.address() as AddressInfo).port}`] }] },
  ],
  remote_write: [
    {
      url: `http://127.0.0.1:${proxy.port}/api/v1/write`,
      authorization: { credentials: TELEMETRY_KEY },
      queue_config: { batch_send_deadline: '200ms', min_backoff: '50ms', max_backoff: '500ms', max_shards: 4 },
    },
  ],
});

const records = () => readRecords(log, TOPICS.metrics, decodeMetricBatch);

it('loses no sample of a Prometheus and has none twice, whether answers get lost or ingest is away', async () => {
  await waitFor(async () => (await records()).length > 3, ARRIVAL_MS);

  let answers = 0;
  proxy.onAnswer(() => ++answers % LOST_ANSWER === 0);
  await waitFor(async () => answers > 4 * LOST_ANSWER, ARRIVAL_MS);
  proxy.onAnswer(undefined);

  await ingest.app.close();
  const awayUntil = Date.now() + AWAY_MS;
  await waitFor(async () => Date.now() > awayUntil, 2 * AWAY_MS);
  await startIngest();

  const scraped = await scrapedSamples();
  let batches: MetricBatch[] = [];
  const isThere = async () => {
    batches = await records();
    const arrived = arrivedSamples(batches);
    return [...scraped.keys()].every((sample) => arrived.has(sample));
  };
  await waitFor(isThere, ARRIVAL_MS);

  const arrived = arrivedSamples(batches);
  expect(scraped.size).toBeGreaterThan(1_000);
  const wrong = [...scraped].filter(([sample, value]) => arrived.get(sample)?.join() !== String(value));
  expect(wrong).toEqual([]);
  // The answers that were lost made it send again what was in the log.
  expect(batches.length).toBeGreaterThan(new Set(batches.map(({ id }) => id)).size);
  const totals = batches.flatMap(({ series }) => series.filter(({ metric }) => metric.endsWith('_total')));
  expect(new Set(totals.map(({ kind }) => kind))).toEqual(new Set(['cumulative']));
  expect(await failedSamples()).toBe(0);
}, 180_000);

/** What Prometheus has scraped so far: value by series and time. */
async function scrapedSamples(): Promise<Map<string, number>> {
  const matrix = await ask<{ metric: Record<string, string>; values: [number, string][] }>('{job="exporter"}[10m]');
  const samples = new Map<string, number>();
  for (const { metric, values } of matrix) {
    const { __name__ = '', job: _service, ...labels } = metric;
    for (const [at, value] of values) {
      const name = sampleName({ metric: __name__, labels: { ...labels, cluster: 'test' } }, Math.round(at * 1_000));
      if (Number.isFinite(Number(value))) samples.set(name, Number(value));
    }
  }
  return samples;
}

/** Values by series and time in the log, where a record is a repeat that has the id of an earlier one. */
function arrivedSamples(batches: readonly MetricBatch[]): Map<string, number[]> {
  const samples = new Map<string, number[]>();
  for (const { series } of new Map(batches.map((batch) => [batch.id, batch])).values()) {
    for (const one of series) {
      for (const { at, value } of one.points) {
        const name = sampleName(one, at);
        samples.set(name, [...(samples.get(name) ?? []), value]);
      }
    }
  }
  return samples;
}

function sampleName({ metric, labels }: Pick<MetricSeries, 'metric' | 'labels'>, at: number): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return `${metric} ${texts.sort().join()} ${at}`;
}

/** What Prometheus gave up, or could not send. */
async function failedSamples(): Promise<number> {
  const metrics = await (await fetch(`${prometheus.url}/metrics`)).text();
  const given = /^prometheus_remote_storage_samples_(?:failed|dropped)_total\{.*\} (\S+)$/gm;
  return [...metrics.matchAll(given)].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function ask<Row>(query: string): Promise<Row[]> {
  const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await answer.json()) as { data: { result: Row[] } };
  return data.result;
}
