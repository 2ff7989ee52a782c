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
    const restarted = await restartFilled({ dataDir, adminKey, before: filled.before, print: options.print });
    const starts = startFigures({ firstStartMs, secondStartMs, filledStartMs: restarted.startMs });
    return [...starts, ...filled.figures, ...restarted.figures];
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
  await delay(settleMs);
  const after = await diskUsage(dataDir);
  const { usages, cpuPercent } = await measureRest(pipeline);
  print(formatProcesses(usages));
  print(formatDisk('with the parts that merges replaced but have not deleted yet', before, after));
  return { before, figures: [...memoryFigures(usages), ...idleFigures(cpuPercent), ...diskFigures(before, after)] };
}

/** A start drops the parts that merges replaced, so what is left is what the events need. */
async function restartFilled(options: {
  dataDir: string;
  adminKey: string;
  before: DiskUsage;
  print: PartOptions['print'];
}) {
  const { dataDir, adminKey, before, print } = options;
  await using pipeline = await startPipeline({ dataDir, adminKey });
  await delay(settleMs);
  const after = await diskUsage(dataDir);
  print(formatDisk('after a restart', before, after));
  const bytes = growth(before, after, 'clickhouse') / storedEvents;
  const figure: Figure = { name: 'footprint.clickhouse_bytes_per_event_restarted', value: bytes, unit: 'bytes' };
  return { startMs: pipeline.startMs ?? Number.NaN, figures: [figure] };
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

function diskFigures(before: DiskUsage, after: DiskUsage): Figure[] {
  return ['clickhouse', 'log'].map((name) => ({
    name: `footprint.${name}_bytes_per_event`,
    value: growth(before, after, name) / storedEvents,
    unit: 'bytes',
  }));
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

function formatDisk(when: string, before: DiskUsage, after: DiskUsage): string {
  const rows = [...after].map(([name, size]) => {
    const added = size - (before.get(name) ?? 0);
    return [name, size / bytesPerMb, added / bytesPerMb, added / storedEvents];
  });
  return `disk, ${formatNumber(storedEvents)} events, ${when}\n${formatTable(['directory', 'MB', 'MB added', 'bytes/event'], rows)}`;
}
