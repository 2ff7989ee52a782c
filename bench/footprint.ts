import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figure } from './figures.ts';
import { standardLoad, startLoad } from './load/load.ts';
import { createLoadTenant } from './load/world.ts';
import { type PartOptions, type Workbench, waitUntilQueryable } from './part.ts';
import { createApiClient } from './support/client.ts';
import { type ProcessUsage, readProcessTree } from './support/processes.ts';
import { createAdminKey, type RunningPipeline, startPipeline } from './support/running-pipeline.ts';
import { everythingElse, startCpuMeter } from './support/sampling.ts';
import { type Cell, formatNumber, formatTable } from './support/table.ts';

const goals = { rssMiB: 1.2 * 1_024, idlePercent: 5, firstStartMs: 5_000, laterStartMs: 3_000 };
const storedEvents = 1_000_000;
const spreadDays = 30;
const settleMs = 20_000;
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

async function fillAndRest(options: {
  dataDir: string;
  adminKey: string;
  print: PartOptions['print'];
}): Promise<Figure[]> {
  const { dataDir, adminKey, print } = options;
  await using pipeline = await startPipeline({ dataDir, adminKey });
  const before = await diskUsage(dataDir);
  await fill(pipeline);
  await delay(settleMs);
  const after = await diskUsage(dataDir);
  const resting = await measureRest(pipeline);
  print(formatProcesses(resting.usages));
  print(formatDisk(before, after));
  const clickhouseBytes = growth(before, after, 'clickhouse');
  return [
    { name: 'footprint.rss_mib', value: sumMemory(resting.usages), unit: 'MiB', goal: { atMost: goals.rssMiB } },
    {
      name: 'footprint.idle_cpu_percent',
      value: resting.cpuPercent,
      unit: '% of a core',
      goal: { atMost: goals.idlePercent },
    },
    { name: 'footprint.clickhouse_bytes_per_event', value: clickhouseBytes / storedEvents, unit: 'bytes' },
    { name: 'footprint.log_bytes_per_event', value: growth(before, after, 'log') / storedEvents, unit: 'bytes' },
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
async function diskUsage(dataDir: string): Promise<Map<string, number>> {
  const names = await readdir(dataDir);
  const sizes = await Promise.all(
    names.map(async (name): Promise<[string, number]> => [name, await sizeOf(join(dataDir, name))]),
  );
  return new Map(sizes);
}

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path).catch(ignoreGone);
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.blocks * 512;
  const names = (await readdir(path).catch(ignoreGone)) ?? [];
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

// The engines delete and rename files while they are counted.
function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

function growth(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>, name: string): number {
  return (after.get(name) ?? 0) - (before.get(name) ?? 0);
}

function sumMemory(usages: readonly ProcessUsage[]): number {
  return usages.reduce((sum, { rssMiB, pssMiB }) => sum + (pssMiB ?? rssMiB), 0);
}

function formatProcesses(usages: readonly ProcessUsage[]): string {
  const rows = usages.map(({ name, rssMiB, pssMiB }): Cell[] => [name, rssMiB, pssMiB ?? '-']);
  const total = ['all', usages.reduce((sum, { rssMiB }) => sum + rssMiB, 0), sumMemory(usages)];
  return `memory when idle, MiB (PSS counts shared pages once)\n${formatTable(['process', 'RSS', 'PSS'], [...rows, total])}`;
}

function formatDisk(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string {
  const rows = [...after].map(([name, size]) => {
    const added = size - (before.get(name) ?? 0);
    return [name, size / bytesPerMb, added / bytesPerMb, added / storedEvents];
  });
  return `disk, after ${formatNumber(storedEvents)} events\n${formatTable(['directory', 'MB', 'MB added', 'bytes/event'], rows)}`;
}
