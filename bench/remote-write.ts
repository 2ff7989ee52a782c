import { type ChildProcess, fork } from 'node:child_process';
import type { Figure } from './figures.ts';
import { formatLoad } from './ingest.ts';
import type { LoadResult } from './load/load.ts';
import type { RemoteWriteFloor } from './load/remote-write-floor.ts';
import type { RemoteWriteLoadOptions } from './load/remote-write-generator.ts';
import { openWorkbench, type PartOptions } from './part.ts';
import { type CpuSample, cpuMsOf, formatCpu, startCpuMeter } from './support/sampling.ts';
import { formatTable } from './support/table.ts';
import { startVictoriaMetrics } from './support/victoria-metrics.ts';

const goals = { samplesPerSecond: 150_000 };
const warmUpSeconds = 3;
const floorRuns = 3;
const connections = 8;
/** More than either receiver takes on two cores beside the sender. */
const samplesPerSecond = 500_000;
const path = '/api/v1/write';
/** Samples are so old at first that the last ones are not ahead of the clock. */
const ageMs = 3_600_000;

interface Measured {
  load: LoadResult;
  cpu: CpuSample[];
}

/** Prometheus remote write: samples accepted, what one costs ingest beside the work on its bytes alone, and VictoriaMetrics with the same stream. */
export async function benchRemoteWrite({ seconds, print }: PartOptions): Promise<Figure[]> {
  const floor = await measureFloor();
  print(formatFloor(floor));
  const ours = await measureTidemark(seconds);
  print(`Tidemark: durable in the log before each answer\n${formatMeasured(ours)}`);
  const theirs = await measureVictoriaMetrics(seconds);
  print(`VictoriaMetrics: in memory before each answer\n${formatMeasured(theirs)}`);
  const [rate, theirRate] = [rateOf(ours), rateOf(theirs)];
  const ingestUs = (cpuMsOf(ours.cpu, 'ingest/main') * 1_000) / ours.load.acceptedEvents;
  const theirUs = (cpuMsOf(theirs.cpu, 'victoria') * 1_000) / theirs.load.acceptedEvents;
  const goal = { atLeast: goals.samplesPerSecond };
  return [
    { name: 'remote_write.accepted_per_second', value: rate, unit: 'samples/s', goal },
    { name: 'remote_write.decode_us', value: floor.decodeUs, unit: 'CPU us/sample' },
    { name: 'remote_write.floor_us', value: floor.totalUs, unit: 'CPU us/sample' },
    ...(ours.cpu.length === 0 ? [] : cpuFigures(ingestUs, floor)),
    { name: 'remote_write.victoria_metrics_per_second', value: theirRate, unit: 'samples/s' },
    { name: 'remote_write.victoria_metrics_cpu_us', value: theirUs, unit: 'CPU us/sample' },
    { name: 'remote_write.over_victoria_metrics', value: rate / theirRate, unit: 'ratio' },
  ];
}

function cpuFigures(ingestUs: number, floor: RemoteWriteFloor): Figure[] {
  return [
    { name: 'remote_write.cpu_us', value: ingestUs, unit: 'CPU us/sample' },
    { name: 'remote_write.cpu_over_floor', value: ingestUs / floor.totalUs, unit: 'ratio' },
  ];
}

async function measureTidemark(seconds: number): Promise<Measured> {
  await using workbench = await openWorkbench();
  const { pipeline, ingestKey: key } = workbench;
  // Awaited here: what is measured stops with this function.
  return await measure({ url: pipeline.ingestUrl + path, key, pid: pipeline.pid, seconds });
}

async function measureVictoriaMetrics(seconds: number): Promise<Measured> {
  await using victoria = await startVictoriaMetrics();
  return await measure({ url: victoria.url + path, key: 'none', pid: victoria.pid, seconds });
}

interface Receiver {
  url: string;
  key: string;
  pid: number | undefined;
  seconds: number;
}

async function measure({ pid, seconds, ...target }: Receiver): Promise<Measured> {
  const load = { ...target, connections, samplesPerSecond };
  const warmUp = await prepareLoad({ ...load, seconds: warmUpSeconds, startAt: Date.now() - 2 * ageMs });
  await warmUp();
  const run = await prepareLoad({ ...load, seconds, startAt: Date.now() - ageMs });
  const meter = pid === undefined ? undefined : startCpuMeter(pid);
  const result = await run();
  return { load: result, cpu: meter?.read() ?? [] };
}

const rateOf = ({ load }: Measured): number => (load.acceptedEvents / load.elapsedMs) * 1_000;

/** The lowest of several runs: other programs can only make the floor look higher, and the ratio to it better than it is. */
async function measureFloor(): Promise<RemoteWriteFloor> {
  const runs: RemoteWriteFloor[] = [];
  while (runs.length < floorRuns) runs.push(await resultOf<RemoteWriteFloor>('./load/remote-write-floor.ts'));
  return runs.reduce((lowest, run) => (run.totalUs < lowest.totalUs ? run : lowest));
}

/** Resolves when all bodies of the load are made, to what sends them. */
async function prepareLoad(options: RemoteWriteLoadOptions): Promise<() => Promise<LoadResult>> {
  const child = fork(new URL('./load/remote-write-generator.ts', import.meta.url), [JSON.stringify(options)]);
  await messageOf<string>(child);
  return () => {
    const result = messageOf<LoadResult>(child);
    child.send('go');
    return result;
  };
}

const resultOf = <Result>(file: string): Promise<Result> => messageOf(fork(new URL(file, import.meta.url)));

/** What the process says next. Rejects when it ends without a word. */
function messageOf<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Message));
    child.once('exit', (code) => reject(new Error(`${child.spawnargs[1]} ended with code ${code} and no result`)));
  });
}

function formatMeasured({ load, cpu }: Measured): string {
  const tables = `${formatLoad(load)}\n${formatCpu(cpu, load.acceptedEvents)}`;
  return tables.replaceAll('events', 'samples').replaceAll('us/event', 'us/sample');
}

function formatFloor(floor: RemoteWriteFloor): string {
  const [body, message, record] = [floor.bodyBytes, floor.messageBytes, floor.recordBytes].map((bytes) =>
    bytes.toFixed(0),
  );
  const title = `floor: ${body} bytes of snappy and ${message} of Protobuf to ${record} bytes of Avro a sample`;
  const rows = [
    ['inflate', floor.inflateUs],
    ['and decode', floor.decodeUs],
    ['and map to the record', floor.mapUs],
    ['and encode (Avro)', floor.totalUs],
  ] as const;
  return `${title}\n${formatTable(['step', 'CPU us/sample'], rows)}`;
}
