import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Figure } from './figures.ts';
import type { TelemetryLoadOptions, TelemetryLoadResult } from './load/telemetry-generator.ts';
import type { TelemetryLoadKind } from './load/telemetry-request.ts';
import { openWorkbench, type PartOptions, type Workbench } from './part.ts';
import { cpuMsOf, startCpuMeter } from './support/sampling.ts';
import { formatNumber } from './support/table.ts';

interface Floor {
  cpuUs: number;
  jsonBytes: number;
}

const goals: Partial<Record<TelemetryLoadKind, number>> = { logs: 50_000 };
const warmUpSeconds = 2;
const load = { connections: 8, batchSize: 1_000 };

/** Log events and points that ingest accepts in batches, and what one costs beside the floor of the same bytes in one process. */
export async function benchTelemetry(options: PartOptions): Promise<Figure[]> {
  const floors = { logs: await run<Floor>('floor', 'logs'), metrics: await run<Floor>('floor', 'metrics') };
  await using workbench = await openWorkbench();
  const figures: Figure[] = [];
  for (const kind of ['logs', 'metrics'] as const) {
    figures.push(...(await measure(kind, { workbench, options, floor: floors[kind] })));
  }
  return figures;
}

interface Measuring {
  workbench: Workbench;
  options: PartOptions;
  floor: Floor;
}

async function measure(kind: TelemetryLoadKind, { workbench, options, floor }: Measuring): Promise<Figure[]> {
  const { pipeline, ingestKey: key } = workbench;
  const target = { ...load, kind, url: pipeline.ingestUrl, key };
  await runLoad({ ...target, seconds: warmUpSeconds });
  const meter = pipeline.pid === undefined ? undefined : startCpuMeter(pipeline.pid);
  const { accepted, refused, elapsedMs } = await runLoad({ ...target, seconds: options.seconds });
  const cpuUs = (cpuMsOf(meter?.read() ?? [], 'ingest/main') * 1_000) / accepted;
  const perSecond = (accepted / elapsedMs) * 1_000;
  options.print(
    `${kind}: ${formatNumber(perSecond)}/s of ${formatNumber(floor.jsonBytes)} bytes accepted, ${refused} batches refused, ` +
      `${formatNumber(cpuUs)} CPU us each in ingest, floor ${formatNumber(floor.cpuUs)}`,
  );
  const goal = goals[kind];
  return [
    {
      name: `telemetry.${kind}_per_second`,
      value: perSecond,
      unit: 'items/s',
      ...(goal === undefined ? {} : { goal: { atLeast: goal } }),
    },
    { name: `telemetry.${kind}_floor_us`, value: floor.cpuUs, unit: 'CPU us/item' },
    ...(meter === undefined ? [] : [{ name: `telemetry.${kind}_cpu_us`, value: cpuUs, unit: 'CPU us/item' }]),
  ];
}

const runLoad = (options: TelemetryLoadOptions): Promise<TelemetryLoadResult> =>
  run('generator', JSON.stringify(options));

async function run<Result>(program: 'floor' | 'generator', argument: string): Promise<Result> {
  const child = fork(new URL(`./load/telemetry-${program}.ts`, import.meta.url), [argument]);
  const [result] = (await once(child, 'message')) as [Result];
  return result;
}
