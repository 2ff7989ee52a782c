import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figure } from './figures.ts';
import { standardLoad, startLoad } from './load/load.ts';
import { createLoadTenant } from './load/world.ts';
import { type PartOptions, type Workbench, waitUntilQueryable } from './part.ts';
import { createApiClient } from './support/client.ts';
import { diskUsageOf, livePartsUsageOf } from './support/disk-usage.ts';
import { type ProcessUsage, readProcessTree } from './support/processes.ts';
import { createAdminKey, type RunningPipeline, startPipeline } from './support/running-pipeline.ts';
import { everythingElse, startCpuMeter } from './support/sampling.ts';
import { type Cell, formatNumber, formatTable } from './support/table.ts';

const goals = { rssMiB: 1.2 * 1_024, idlePercent: 5, firstStartMs: 5_000, laterStartMs: 3_000 };
const storedEvents = 1_000_000;
const spreadDays = 30;
const settledAfterMs = 20_000;
const settleCheckMs = 5_000;
const settleWithinMs = 120_000;
const idleMs = 20_000;
const bytesPerMb = 1e6;

/** (d) Memory of each process, CPU when idle, bytes an event on disk, and how long a start takes. Always on a pipeline of its own. */
export async function benchFootprint(options: PartOptions): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  const adminKey = createAdminKey();
  try {
    const firstStartMs = await timeStart(dataDir, adminKey);
    const secondStartMs = await timeStart(dataDir, adminKey);
    const filled = await fillAndRest({ dataDir, adminKey, print: options.print });
    const filledStartMs = await timeStart(dataDir, adminKey);
    return [...startFigures({ firstStartMs, secondStartMs, filledStartMs }), ...filled];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function timeStart(dataDir: string, adminKey: string): Promise<number> {
  await using pipeline = await startPipeline({ dataDir, adminKey });
  return pipeline.startMs ?? Number.NaN;
}

type DiskUsage = ReadonlyMap<string, number>;

async function fillAndRest(options: { dataDir: string; adminKey: string; print: PartOptions['print'] }) {
  const { dataDir, adminKey, print } = options;
  await using pipeline = await startPipeline({ dataDir, adminKey });
  const before = await diskUsage(dataDir);
  await fill(pipeline);
  const liveBytes = await settledLiveBytes(join(dataDir, 'clickhouse'));
  const after = await diskUsage(dataDir);
  const { usages, cpuPercent } = await measureRest(pipeline);
  print(formatProcesses(usages));
  print(formatDisk(before, after));
  return [...memoryFigures(usages), ...idleFigures(cpuPercent), ...diskFigures({ before, after, liveBytes })];
}

function memoryFigures(usages: readonly ProcessUsage[]): Figure[] {
  const rss: Figure = {
    name: 'footprint.rss_mib',
    value: sumOf(usages, 'rssMiB'),
    unit: 'MiB',
    goal: { atMost: goals.rssMiB },
  };
  const isPssKnown = usages.every(({ pssMiB }) => pssMiB !== undefined);
  return isPssKnown ? [rss, { name: 'footprint.pss_mib', value: sumOf(usages, 'pssMiB'), unit: 'MiB' }] : [rss];
}

function idleFigures(value: number): Figure[] {
  return [{ name: 'footprint.idle_cpu_percent', value, unit: '% of a core', goal: { atMost: goals.idlePercent } }];
}

function diskFigures(disk: { before: DiskUsage; after: DiskUsage; liveBytes: number }): Figure[] {
  const perEvent = (name: string, bytes: number) => ({ name, value: bytes / storedEvents, unit: 'bytes' });
  return [
    perEvent('footprint.live_parts_bytes_per_event', disk.liveBytes),
    perEvent('footprint.log_bytes_per_event', growth(disk.before, disk.after, 'log')),
  ];
}

async function fill(pipeline: RunningPipeline): Promise<void> {
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const orgCode = 'FOOTPRINT';
  const ingestKey = await createLoadTenant(admin, orgCode);
  const target = { ...standardLoad, url: pipeline.ingestUrl, key: ingestKey, orgCode };
  await startLoad({ ...target, spreadDays, totalEvents: storedEvents }).result;
  const workbench: Workbench = { pipeline, admin, orgCode, ingestKey, [Symbol.asyncDispose]: async () => {} };
  await waitUntilQueryable(workbench, storedEvents);
}

async function measureRest({ pid }: RunningPipeline): Promise<{ usages: ProcessUsage[]; cpuPercent: number }> {
  if (pid === undefined) throw new Error('the pipeline has no process id');
  const meter = startCpuMeter(pid);
  await delay(idleMs);
  const own = meter.read().filter(({ name }) => name !== everythingElse);
  const cores = own.reduce((sum, sample) => sum + sample.cores, 0);
  return { usages: readProcessTree(pid), cpuPercent: 100 * cores };
}

function startFigures(start: { firstStartMs: number; secondStartMs: number; filledStartMs: number }): Figure[] {
  return [
    { name: 'footprint.first_start_ms', value: start.firstStartMs, unit: 'ms', goal: { atMost: goals.firstStartMs } },
    { name: 'footprint.second_start_ms', value: start.secondStartMs, unit: 'ms', goal: { atMost: goals.laterStartMs } },
    {
      name: 'footprint.start_at_1m_events_ms',
      value: start.filledStartMs,
      unit: 'ms',
      goal: { atMost: goals.laterStartMs },
    },
  ];
}

/** Bytes below each entry of the data directory, by the names of the entries. */
async function diskUsage(dataDir: string): Promise<DiskUsage> {
  const names = await readdir(dataDir);
  const sizes = names.map(async (name): Promise<[string, number]> => [name, await diskUsageOf(join(dataDir, name))]);
  return new Map(await Promise.all(sizes));
}

/** Waits until merges leave the live parts alone for 20 s, two minutes at most; resolves to their bytes. */
async function settledLiveBytes(path: string): Promise<number> {
  const deadline = performance.now() + settleWithinMs;
  let bytes = await livePartsUsageOf(path);
  let unchangedSince = performance.now();
  while (performance.now() - unchangedSince < settledAfterMs && performance.now() < deadline) {
    await delay(settleCheckMs);
    const next = await livePartsUsageOf(path);
    if (next !== bytes) unchangedSince = performance.now();
    bytes = next;
  }
  return bytes;
}

function growth(before: DiskUsage, after: DiskUsage, name: string): number {
  return (after.get(name) ?? 0) - (before.get(name) ?? 0);
}

function sumOf(usages: readonly ProcessUsage[], field: 'rssMiB' | 'pssMiB'): number {
  return usages.reduce((sum, usage) => sum + (usage[field] ?? 0), 0);
}

function formatProcesses(usages: readonly ProcessUsage[]): string {
  const rows = usages.map(({ name, rssMiB, pssMiB }): Cell[] => [name, rssMiB, pssMiB ?? '-']);
  const total = ['all', sumOf(usages, 'rssMiB'), sumOf(usages, 'pssMiB')];
  return `memory when idle, MiB (RSS counts pages shared by several processes several times, PSS once)\n${formatTable(['process', 'RSS', 'PSS'], [...rows, total])}`;
}

function formatDisk(before: DiskUsage, after: DiskUsage): string {
  const rows = [...after].map(([name, size]) => {
    const added = size - (before.get(name) ?? 0);
    return [name, size / bytesPerMb, added / bytesPerMb, added / storedEvents];
  });
  return `disk, ${formatNumber(storedEvents)} events; clickhouse as a whole holds replaced parts too, for some minutes\n${formatTable(['directory', 'MB', 'MB added', 'bytes/event'], rows)}`;
}
