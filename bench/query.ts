import type { Figure } from './figures.ts';
import { standardLoad, startLoad } from './load/load.ts';
import { openWorkbench, type PartOptions, type Workbench, waitUntilQueryable } from './part.ts';
import type { Query } from './support/client.ts';
import { nearestRank, sortAscending } from './support/quantiles.ts';
import { untilAtRest } from './support/rest.ts';
import { formatNumber, formatTable } from './support/table.ts';

const goals = { idleMsP99: 50, loadedMsP99: 150 };
const spreadDays = 30;
const dayMs = 86_400_000;
const warmUpQueries = 5;
const maxQueries = 200;
const maxQueryingMs = 10_000;
const backgroundEventsPerSecond = 20_000;
const backgroundRampMs = 2_000;

interface NamedQuery {
  name: string;
  path: string;
  query: Query;
}

interface Timing {
  name: string;
  count: number;
  p50: number;
  p99: number;
}

/** (c) How long the usual questions take at growing sizes, idle and while 20,000 events a second come in. */
export async function benchQuery(options: PartOptions): Promise<Figure[]> {
  await using workbench = await openWorkbench();
  const figures: Figure[] = [];
  let stored = 0;
  for (const size of options.sizes) {
    await fill(workbench, { from: stored, to: size, print: options.print });
    await settle(workbench, options.print);
    const idle = await timeQueries(workbench);
    const { loaded, added } = await timeUnderLoad(workbench);
    stored = size + added;
    options.print(formatTimings(size, idle, loaded));
    figures.push(...toFigures(size, idle, 'idle'), ...toFigures(size, loaded, 'loaded'));
  }
  return figures;
}

async function fill(
  workbench: Workbench,
  { from, to, print }: { from: number; to: number; print: PartOptions['print'] },
) {
  const startedAt = performance.now();
  const { acceptedEvents } = await startLoad({
    ...targetOf(workbench),
    spreadDays,
    totalEvents: to - from,
    seed: 2 + from,
  }).result;
  await waitUntilQueryable(workbench, from + acceptedEvents);
  const seconds = (performance.now() - startedAt) / 1_000;
  print(`${formatNumber(from + acceptedEvents)} events stored (${formatNumber(acceptedEvents / seconds)} a second)`);
}

// What the fill leaves to do, merges above all, is load of its own: idle begins when it is done.
async function settle({ pipeline: { pid } }: Workbench, print: PartOptions['print']): Promise<void> {
  if (pid === undefined) return print('a pipeline that was running before us: nobody waits until it is idle');
  print(`idle ${formatNumber((await untilAtRest(pid)) / 1_000)} s later`);
}

async function timeUnderLoad(workbench: Workbench): Promise<{ loaded: Timing[]; added: number }> {
  const load = startLoad({ ...targetOf(workbench), eventsPerSecond: backgroundEventsPerSecond, seed: 3 });
  await new Promise((resolve) => setTimeout(resolve, backgroundRampMs));
  const loaded = await timeQueries(workbench);
  load.stop();
  return { loaded, added: (await load.result).acceptedEvents };
}

async function timeQueries({ admin, orgCode }: Workbench): Promise<Timing[]> {
  const timings: Timing[] = [];
  for (const { name, path, query } of usualQueries(orgCode)) {
    const tookMs: number[] = [];
    const ask = () => admin.get(path, query);
    for (let round = 0; round < warmUpQueries; round++) await ask();
    const endsAt = performance.now() + maxQueryingMs;
    while (tookMs.length < maxQueries && performance.now() < endsAt) {
      const startedAt = performance.now();
      await ask();
      tookMs.push(performance.now() - startedAt);
    }
    const ascending = sortAscending(tookMs);
    timings.push({ name, count: tookMs.length, p50: nearestRank(ascending, 0.5), p99: nearestRank(ascending, 0.99) });
  }
  return timings;
}

function usualQueries(orgCode: string): NamedQuery[] {
  const to = new Date().toISOString().slice(0, 10);
  const from = new Date(Date.now() - spreadDays * dayMs).toISOString().slice(0, 10);
  const range = { orgCode, from, to };
  const metric = { ...range, capability: 'P2P', metricType: 'CycleTime' };
  const series = '/api/v1/metrics/met_P2P_CycleTime/series';
  return [
    { name: 'metric_30_days', path: '/api/v1/metrics', query: metric },
    { name: 'grouped_by_urgency', path: '/api/v1/metrics', query: { ...metric, groupBy: 'urgency' } },
    { name: 'daily_series', path: series, query: { ...range, interval: 'day' } },
    { name: 'hourly_series', path: series, query: { ...range, interval: 'hour' } },
    { name: 'last_25_events', path: '/api/v1/events', query: { orgCode } },
  ];
}

function targetOf({ pipeline, orgCode, ingestKey: key }: Workbench) {
  return { ...standardLoad, url: pipeline.ingestUrl, key, orgCode };
}

function toFigures(size: number, timings: readonly Timing[], state: 'idle' | 'loaded'): Figure[] {
  const atMost = state === 'idle' ? goals.idleMsP99 : goals.loadedMsP99;
  return timings.flatMap(({ name, p50, p99 }) => {
    const prefix = `query.${shortSize(size)}.${state}.${name}`;
    return [
      { name: `${prefix}.p50`, value: p50, unit: 'ms' },
      { name: `${prefix}.p99`, value: p99, unit: 'ms', goal: { atMost } },
    ];
  });
}

function shortSize(size: number): string {
  return size % 1_000_000 === 0 ? `${size / 1_000_000}m` : String(size);
}

function formatTimings(size: number, idle: readonly Timing[], loaded: readonly Timing[]): string {
  const rows = idle.map((timing, index) => {
    const under = loaded[index];
    return [
      timing.name,
      timing.p50,
      timing.p99,
      under?.p50 ?? '-',
      under?.p99 ?? '-',
      timing.count + (under?.count ?? 0),
    ];
  });
  const header = ['query', 'idle p50 ms', 'idle p99 ms', 'loaded p50 ms', 'loaded p99 ms', 'asked'];
  return `at ${formatNumber(size)} events; loaded: ${formatNumber(backgroundEventsPerSecond)} events/s coming in\n${formatTable(header, rows)}`;
}
