import { setTimeout as delay } from 'node:timers/promises';
import { createLoadTenant } from '../../../bench/load/world.ts';
import { type ApiClient, createApiClient } from '../../../bench/support/client.ts';
import { nearestRank, sortAscending } from '../../../bench/support/quantiles.ts';
import { type RunningPipeline, startPipeline, unattended } from '../../../bench/support/running-pipeline.ts';
import { findFreePort } from '../../../platform/embedded/free-port.ts';
import { auditRollups } from '../../../processors/audit/audit.ts';
import type { MetricList, MetricRow } from '../../../schemas/api/metrics.ts';
import { readExposition } from '../../support/exposition.ts';
import { commandOf, descendantsOf } from '../../support/processes.ts';
import { type Outcome, violationsOf } from '../outcome.ts';
import { openStores, type PipelineStores, waitUntilStored } from '../pipeline-books.ts';
import { createDisorder, type DisorderedEvent, disorderedMetrics, type ExpectedFigures } from './workload.ts';

export interface DisorderOptions {
  seed: number;
  /** Sent, repeats included. */
  events: number;
}

/** Relative; the rank error of so many values is far below it. */
export const MAX_PERCENTILE_ERROR = 0.01;
/** Of sums of thousandths in binary floating point. */
const maxSumError = 1e-9;
const storedWithinMs = 600_000;
const metricsWithinMs = 30_000;
const orgCode = 'DISORDER';
const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** Sends a workload out of order through a new pipeline, kills the processors halfway, and compares every figure with the exact one. */
export async function runDisorder({ seed, events }: DisorderOptions): Promise<Outcome> {
  const processorsPort = await findFreePort();
  await using pipeline = await startPipeline({
    env: { ...unattended, TIDEMARK_PROCESSORS_PORT: String(processorsPort) },
  });
  await using stores = await openStores(pipeline);
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const producer = createApiClient({ baseUrl: pipeline.ingestUrl, key: await createLoadTenant(admin, orgCode) });
  const { batches, expected } = createDisorder({ seed, events, until: Date.now() });
  const startedAt = performance.now();
  for (const [index, batch] of batches.entries()) {
    await producer.post('/api/v1/events/batch', { events: batch.map(toWire) });
    if (index === Math.floor(batches.length / 2)) killProcessors(pipeline);
  }
  await waitUntilStored(stores.log, storedWithinMs);
  const tookMs = performance.now() - startedAt;
  const late = await readLateEvents(processorsPort);
  const rows = await readMetrics(admin);
  return judge({ ...(await compare(stores, rows, expected)), late, expected, events, tookMs });
}

const toWire = ({ id, metricType, at, value }: DisorderedEvent) => ({
  orgCode,
  capabilityCode: 'P2P',
  metricType,
  value,
  timestamp: new Date(at).toISOString(),
  id,
});

function killProcessors({ pid = 0 }: RunningPipeline): void {
  const found = descendantsOf(pid).find((candidate) => commandOf(candidate).includes('processors/main'));
  if (found === undefined) throw new Error('no processors run');
  process.kill(found, 'SIGKILL');
}

/** Of all partitions together. */
async function readLateEvents(port: number): Promise<number> {
  const read = () => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  let text: string | undefined;
  for (const until = performance.now() + metricsWithinMs; text === undefined; await delay(100)) {
    text = await read().catch((error: unknown) => {
      if (performance.now() > until) throw error;
      return undefined; // They may just be starting again.
    });
  }
  const samples = readExposition(text).filter(({ name }) => name === 'tidemark_late_events_total');
  return samples.reduce((sum, { value }) => sum + value, 0);
}

async function readMetrics(admin: ApiClient): Promise<MetricRow[]> {
  const range = {
    from: new Date(Date.now() - 3 * 86_400_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  };
  const { data } = await admin.get<MetricList>('/api/v1/metrics', { orgCode, ...range });
  return data.filter(({ capabilityCode }) => capabilityCode === 'P2P');
}

interface Compared {
  wrongCounts: number;
  wrongSums: number;
  /** Largest relative error of a percentile. */
  percentileError: number;
  differing: number;
}

async function compare({ clickhouse }: PipelineStores, rows: readonly MetricRow[], { values }: ExpectedFigures) {
  const compared: Compared = { wrongCounts: 0, wrongSums: 0, percentileError: 0, differing: 0 };
  for (const name of disorderedMetrics) {
    const exact = sortAscending(values.get(name) ?? []);
    const row = rows.find(({ metricType }) => metricType === name);
    const sum = exact.reduce((total, value) => total + value, 0);
    if (row?.count !== exact.length) compared.wrongCounts += 1;
    if (row === undefined || Math.abs(row.sum / sum - 1) > maxSumError) compared.wrongSums += 1;
    for (const [field, q] of Object.entries(quantiles) as [keyof typeof quantiles, number][]) {
      const error = Math.abs((row?.[field] ?? Number.POSITIVE_INFINITY) / nearestRank(exact, q) - 1);
      compared.percentileError = Math.max(compared.percentileError, error);
    }
  }
  const { wrongCells, unsettledCells } = await auditRollups(clickhouse);
  compared.differing = wrongCells + unsettledCells;
  return compared;
}

interface Seen extends Compared {
  late: number;
  expected: ExpectedFigures;
  events: number;
  tookMs: number;
}

function judge({ expected, late, tookMs, events, ...compared }: Seen): Outcome {
  return {
    figures: {
      events,
      duplicates: expected.duplicates,
      late,
      lateExpected: expected.late,
      ...compared,
      eventsPerSecond: Math.round((events * 1_000) / tookMs),
    },
    violations: violationsOf({
      'counts or sums are not exact': compared.wrongCounts + compared.wrongSums > 0,
      [`a percentile is off by more than ${MAX_PERCENTILE_ERROR}`]: compared.percentileError > MAX_PERCENTILE_ERROR,
      'the late counter is not exact': late !== expected.late,
      'rollup cells differ from the raw events': compared.differing > 0,
    }),
  };
}
