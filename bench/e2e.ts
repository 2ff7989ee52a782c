import { setTimeout as delay } from 'node:timers/promises';
import type { Figure } from './figures.ts';
import { formatLoad } from './ingest.ts';
import { type LoadResult, standardLoad, startLoad } from './load/load.ts';
import { countQueryable, openWorkbench, type PartOptions, type Workbench, waitUntilQueryable } from './part.ts';
import { nearestRank, sortAscending } from './support/quantiles.ts';
import { formatCpu, startCpuMeter } from './support/sampling.ts';
import { formatTable } from './support/table.ts';

const goals = { eventsPerSecond: 80_000, visibleMsP99: 2_000 };
const warmUpSeconds = 3;
const probeEveryMs = 150;
const pollEveryMs = 20;
const probesVisibleWithinMs = 60_000;

/** What one load came to, from the first batch to the last event queryable. */
export interface Sustained {
  load: LoadResult;
  /** From the first batch sent to the last event queryable. */
  totalMs: number;
  queryablePerSecond: number;
}

/** (b) Events a second from accepted to queryable, and how long one takes to become visible at half that load. */
export async function benchEndToEnd(options: PartOptions): Promise<Figure[]> {
  await using workbench = await openWorkbench();
  await warmUp(workbench);
  const sustained = await measureSustained(workbench, options);
  options.print(formatSustained(sustained));
  const eventsPerSecond = sustained.queryablePerSecond / 2;
  const latenciesMs = await measureVisibility(workbench, { eventsPerSecond, seconds: options.seconds });
  const visible = {
    p50: nearestRank(latenciesMs, 0.5),
    p99: nearestRank(latenciesMs, 0.99),
    max: latenciesMs.at(-1) ?? 0,
  };
  options.print(
    formatTable(
      ['probes', 'p50 ms', 'p99 ms', 'max ms'],
      [[latenciesMs.length, visible.p50, visible.p99, visible.max]],
    ),
  );
  return [
    {
      name: 'e2e.queryable_per_second',
      value: sustained.queryablePerSecond,
      unit: 'events/s',
      goal: { atLeast: goals.eventsPerSecond },
    },
    { name: 'e2e.visible_ms_p50', value: visible.p50, unit: 'ms' },
    { name: 'e2e.visible_ms_p99', value: visible.p99, unit: 'ms', goal: { atMost: goals.visibleMsP99 } },
  ];
}

/** A few seconds of load that are not measured. */
export async function warmUp(workbench: Workbench): Promise<void> {
  const { acceptedEvents } = await startLoad({ ...targetOf(workbench), seconds: warmUpSeconds }).result;
  await waitUntilQueryable(workbench, acceptedEvents);
}

/** As much load as the pipeline accepts, until all of it can be asked for. Nobody else may send to the tenant meanwhile. */
export async function measureSustained(workbench: Workbench, { seconds, print }: PartOptions): Promise<Sustained> {
  const before = await countQueryable(workbench);
  const meter = workbench.pipeline.pid === undefined ? undefined : startCpuMeter(workbench.pipeline.pid);
  const startedAt = performance.now();
  const load = await startLoad({ ...targetOf(workbench), seconds }).result;
  await waitUntilQueryable(workbench, before + load.acceptedEvents);
  const totalMs = performance.now() - startedAt;
  if (meter !== undefined) print(formatCpu(meter.read(), load.acceptedEvents));
  return { load, totalMs, queryablePerSecond: (load.acceptedEvents / totalMs) * 1_000 };
}

/**
 * Sends a probe event every 150 ms into the running load and reads, every 20 ms, how many of them can be asked for. All go the same way
 * through one partition, so the n-th is visible when n are. Resolves to the latencies, ascending, in milliseconds.
 */
async function measureVisibility(
  workbench: Workbench,
  { eventsPerSecond, seconds }: { eventsPerSecond: number; seconds: number },
): Promise<number[]> {
  const load = startLoad({ ...targetOf(workbench), eventsPerSecond });
  const sentAt: number[] = [];
  const latenciesMs: number[] = [];
  const sending = sendProbes(workbench, { seconds, sentAt });
  const deadline = performance.now() + seconds * 1_000 + probesVisibleWithinMs;
  let isSending = true;
  sending.then(
    () => (isSending = false),
    () => (isSending = false),
  );
  while (isSending || latenciesMs.length < sentAt.length) {
    if (performance.now() > deadline)
      throw new Error(`only ${latenciesMs.length} of ${sentAt.length} probes became visible`);
    const visible = await countProbes(workbench);
    const now = performance.now();
    while (latenciesMs.length < visible) latenciesMs.push(now - (sentAt[latenciesMs.length] ?? now));
    await delay(pollEveryMs);
  }
  await sending;
  load.stop();
  await load.result;
  return sortAscending(latenciesMs);
}

async function sendProbes(
  workbench: Workbench,
  { seconds, sentAt }: { seconds: number; sentAt: number[] },
): Promise<void> {
  const endsAt = performance.now() + seconds * 1_000;
  while (performance.now() < endsAt) {
    const probe = { orgCode: workbench.orgCode, capabilityCode: 'P2P', metricType: 'Probe', value: sentAt.length };
    sentAt.push(performance.now());
    await workbench.admin.post('/api/v1/events', probe);
    await delay(probeEveryMs);
  }
}

async function countProbes({ admin, orgCode }: Workbench): Promise<number> {
  const query = { orgCode, capability: 'P2P', metricType: 'Probe' };
  const { data } = await admin.get<{ data: { count: number }[] }>('/api/v1/metrics', query);
  return data[0]?.count ?? 0;
}

function targetOf({ pipeline, orgCode, ingestKey: key }: Workbench) {
  return { ...standardLoad, url: pipeline.ingestUrl, key, orgCode };
}

function formatSustained({ load, totalMs, queryablePerSecond }: Sustained): string {
  const rows = [
    ['seconds of load', load.elapsedMs / 1_000],
    ['seconds until all was queryable', totalMs / 1_000],
    ['events/s accepted to queryable', queryablePerSecond],
  ] as [string, number][];
  return `${formatLoad(load)}\n\n${formatTable(['end to end', 'value'], rows)}`;
}
