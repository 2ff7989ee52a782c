import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Figure } from './figures.ts';
import type { FloorResult } from './load/floor.ts';
import { type LoadResult, standardLoad, startLoad } from './load/load.ts';
import { openWorkbench, type PartOptions } from './part.ts';
import { type CpuSample, cpuMsOf, formatCpu, startCpuMeter } from './support/sampling.ts';
import { formatNumber, formatTable } from './support/table.ts';

const goals = { eventsPerSecond: 120_000, ratio: 1.6 };
const warmUpSeconds = 3;
const floorRuns = 5;

/** (a) What ingest costs beside the floor of the same bytes in one process, and how many events it accepts. */
export async function benchIngest(options: PartOptions): Promise<Figure[]> {
  const { floor, totalsUs } = await measureFloor();
  options.print(`${formatFloor(floor)}\nall runs: ${totalsUs.map(formatNumber).join(', ')}`);
  const { load, cpu } = await measureIngest(options.seconds);
  options.print(formatLoad(load));
  options.print(formatCpu(cpu, load.acceptedEvents));
  return toFigures({ floor, load, cpu });
}

/** The lowest of several runs: other programs can only make the floor look higher, and the ratio to it better than it is. */
async function measureFloor(): Promise<{ floor: FloorResult; totalsUs: number[] }> {
  const runs: FloorResult[] = [];
  while (runs.length < floorRuns) runs.push(await runFloor());
  runs.sort((a, b) => a.totalUs - b.totalUs);
  const [floor] = runs;
  if (floor === undefined) throw new Error('no floor was measured');
  return { floor, totalsUs: runs.map(({ totalUs }) => totalUs) };
}

async function runFloor(): Promise<FloorResult> {
  const child = fork(new URL('./load/floor.ts', import.meta.url));
  const [result] = (await once(child, 'message')) as [FloorResult];
  return result;
}

async function measureIngest(seconds: number): Promise<{ load: LoadResult; cpu: CpuSample[] }> {
  await using workbench = await openWorkbench();
  const { pipeline, orgCode, ingestKey: key } = workbench;
  const target = { ...standardLoad, url: pipeline.ingestUrl, key, orgCode };
  await startLoad({ ...target, seconds: warmUpSeconds }).result;
  const meter = pipeline.pid === undefined ? undefined : startCpuMeter(pipeline.pid);
  const load = await startLoad({ ...target, seconds }).result;
  return { load, cpu: meter?.read() ?? [] };
}

function toFigures({ floor, load, cpu }: { floor: FloorResult; load: LoadResult; cpu: CpuSample[] }): Figure[] {
  const ingestUs = (cpuMsOf(cpu, 'ingest/main') * 1_000) / load.acceptedEvents;
  return [
    { name: 'ingest.floor_us', value: floor.totalUs, unit: 'CPU us/event' },
    {
      name: 'ingest.accepted_per_second',
      value: (load.acceptedEvents / load.elapsedMs) * 1_000,
      unit: 'events/s',
      goal: { atLeast: goals.eventsPerSecond },
    },
    ...(cpu.length === 0 ? [] : cpuFigures(ingestUs, floor.totalUs)),
  ];
}

function cpuFigures(ingestUs: number, floorUs: number): Figure[] {
  return [
    { name: 'ingest.cpu_us', value: ingestUs, unit: 'CPU us/event' },
    { name: 'ingest.events_per_second_per_core', value: 1e6 / ingestUs, unit: 'events/s/core' },
    { name: 'ingest.cpu_over_floor', value: ingestUs / floorUs, unit: 'ratio', goal: { atMost: goals.ratio } },
  ];
}

function formatFloor(floor: FloorResult): string {
  const steps = [
    ['JSON.parse', floor.parseUs],
    ['validate (ajv)', floor.validateUs],
    ['map to the record', floor.mapUs],
    ['encode (Avro)', floor.encodeUs],
    ['all in one loop', floor.totalUs],
  ] as const;
  const title = `floor: ${formatNumber(floor.jsonBytes)} bytes of JSON to ${formatNumber(floor.avroBytes)} bytes of Avro an event`;
  return `${title}\n${formatTable(['step', 'CPU us/event'], steps)}`;
}

/** What a load came to, and what the generator took of the same cores. */
export function formatLoad(load: LoadResult): string {
  const refused = Object.entries(load.refused).map(([status, count]) => `${count} x ${status}`);
  const rows = [
    ['events accepted', load.acceptedEvents],
    ['events/s accepted', (load.acceptedEvents / load.elapsedMs) * 1_000],
    ['MB/s of bodies', load.bytes / load.elapsedMs / 1_000],
    ['batch answered p50, ms', load.latencyMsP50],
    ['batch answered p99, ms', load.latencyMsP99],
    ['cores busy in the generator', load.cpuMs / load.elapsedMs],
  ];
  const table = formatTable(['load', 'value'], rows as [string, number][]);
  return refused.length === 0 ? table : `${table}\nbatches refused: ${refused.join(', ')}`;
}
