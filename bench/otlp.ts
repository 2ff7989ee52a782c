import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Figure } from './figures.ts';
import { formatLoad } from './ingest.ts';
import type { LoadResult } from './load/load.ts';
import type { OtlpFloor } from './load/otlp-floor.ts';
import type { OtlpLoadOptions } from './load/otlp-generator.ts';
import { openWorkbench, type PartOptions } from './part.ts';
import { cpuMsOf, formatCpu, startCpuMeter } from './support/sampling.ts';
import { formatTable } from './support/table.ts';

const goals = { pointsPerSecond: 80_000 };
const warmUpSeconds = 3;
const floorRuns = 3;
const connections = 8;

/** OTLP metrics in Protobuf: points accepted, and what one costs ingest beside what its decoding, mapping and encoding cost alone. */
export async function benchOtlp({ seconds, print }: PartOptions): Promise<Figure[]> {
  const floor = await measureFloor();
  print(formatFloor(floor));
  await using workbench = await openWorkbench();
  const { pipeline, ingestKey: key } = workbench;
  const target = { url: pipeline.ingestUrl, key, connections };
  await runLoad({ ...target, seconds: warmUpSeconds });
  const meter = pipeline.pid === undefined ? undefined : startCpuMeter(pipeline.pid);
  const load = await runLoad({ ...target, seconds });
  const cpu = meter?.read() ?? [];
  print(formatLoad(load).replaceAll('events', 'points'));
  print(formatCpu(cpu, load.acceptedEvents));
  const ingestUs = (cpuMsOf(cpu, 'ingest/main') * 1_000) / load.acceptedEvents;
  return [
    {
      name: 'otlp.accepted_per_second',
      value: (load.acceptedEvents / load.elapsedMs) * 1_000,
      unit: 'points/s',
      goal: { atLeast: goals.pointsPerSecond },
    },
    { name: 'otlp.decode_us', value: floor.decodeUs, unit: 'CPU us/point' },
    { name: 'otlp.floor_us', value: floor.totalUs, unit: 'CPU us/point' },
    ...(cpu.length === 0 ? [] : cpuFigures(ingestUs, floor)),
  ];
}

function cpuFigures(ingestUs: number, floor: OtlpFloor): Figure[] {
  return [
    { name: 'otlp.cpu_us', value: ingestUs, unit: 'CPU us/point' },
    { name: 'otlp.cpu_over_floor', value: ingestUs / floor.totalUs, unit: 'ratio' },
  ];
}

/** The lowest of several runs: other programs can only make the floor look higher, and the ratio to it better than it is. */
async function measureFloor(): Promise<OtlpFloor> {
  const runs: OtlpFloor[] = [];
  while (runs.length < floorRuns) runs.push(await resultOf<OtlpFloor>('./load/otlp-floor.ts'));
  return runs.reduce((lowest, run) => (run.totalUs < lowest.totalUs ? run : lowest));
}

const runLoad = (options: OtlpLoadOptions): Promise<LoadResult> =>
  resultOf('./load/otlp-generator.ts', JSON.stringify(options));

/** What a process of its own measures. Rejects when it ends without a result. */
async function resultOf<Result>(file: string, ...args: string[]): Promise<Result> {
  const child = fork(new URL(file, import.meta.url), args);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with code ${code} and no result`);
  });
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [Result];
  ended.catch(() => undefined);
  return result;
}

function formatFloor(floor: OtlpFloor): string {
  const title = `floor: ${floor.bodyBytes.toFixed(0)} bytes of Protobuf to ${floor.recordBytes.toFixed(0)} bytes of Avro a point`;
  const rows = [
    ['decode', floor.decodeUs],
    ['and map to the record', floor.mapUs],
    ['and encode (Avro)', floor.totalUs],
  ] as const;
  return `${title}\n${formatTable(['step', 'CPU us/point'], rows)}`;
}
