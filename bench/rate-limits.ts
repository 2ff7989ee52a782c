import { readdirSync, readFileSync } from 'node:fs';
import { findFreePort } from '../platform/embedded/free-port.ts';
import { startIngestStack } from '../test/support/ingest-stack.ts';
import type { Figure } from './figures.ts';
import type { PartOptions } from './part.ts';
import { formatTable } from './support/table.ts';

const goal = 1.02;
const connections = 4;
const slices = 24;
const warmUpMs = 3_000;
/** Events of a request: what pipelines send, and the worst case. */
const batchSizes = [1_000, 1] as const;

interface Side {
  url: string;
  pid: number;
}

/** One short load, and what it cost the ingest process. */
interface Slice {
  requests: number;
  cpuMs: number;
}

/**
 * (f) What the request limits cost ingest: two ingest processes on the same stores, one with limits nobody reaches and one without, take
 * the same load in turns. The ratio of their CPU time a request: other programs on the machine slow both down, but cost neither CPU time.
 */
export async function benchRateLimits({ seconds, print }: PartOptions): Promise<Figure[]> {
  const stack = await startIngestStack();
  const start = async (limits: string) => {
    const port = String(await findFreePort());
    const tier = await stack.startIngest({ TIDEMARK_INGEST_PORT: port, TIDEMARK_RATE_LIMITS: limits });
    return { tier, side: { url: `http://127.0.0.1:${port}`, pid: tier.pid } };
  };
  const [on, off] = [await start('ingest=100000000'), await start('off')];
  try {
    const figures: Figure[] = [];
    for (const batchSize of batchSizes) {
      const load = createLoad(stack.key, batchSize);
      const ratio = await compare(load, { on: on.side, off: off.side, sliceMs: (seconds * 1_000) / slices, print });
      const name = batchSize === 1 ? 'ingest.limits_cpu_ratio_single' : 'ingest.limits_cpu_ratio';
      figures.push({ name, value: ratio, unit: 'ratio', ...(batchSize === 1 ? {} : { goal: { atMost: goal } }) });
    }
    return figures;
  } finally {
    await Promise.all([on.tier.stop(), off.tier.stop()]);
    await stack.stop();
  }
}

interface Comparison {
  on: Side;
  off: Side;
  sliceMs: number;
  print: PartOptions['print'];
}

type SendRequest = (url: string) => Promise<void>;

async function compare(send: SendRequest, { on, off, sliceMs, print }: Comparison): Promise<number> {
  for (const side of [on, off]) await runSlice(side, { send, durationMs: warmUpMs });
  const costs = { on: [] as number[], off: [] as number[] };
  for (let index = 0; index < slices; index++) {
    // on off off on: a drift of the machine falls on both.
    const name = index % 4 === 0 || index % 4 === 3 ? 'on' : 'off';
    const { cpuMs, requests } = await runSlice(name === 'on' ? on : off, { send, durationMs: sliceMs });
    costs[name].push((cpuMs * 1_000) / requests);
  }
  const [costOn, costOff] = [median(costs.on), median(costs.off)];
  print(
    formatTable(
      ['limits', 'CPU us/request, median'],
      [
        ['on', costOn],
        ['off', costOff],
      ],
    ),
  );
  return costOn / costOff;
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function runSlice(side: Side, { send, durationMs }: { send: SendRequest; durationMs: number }): Promise<Slice> {
  const before = cpuMsOf(side.pid);
  const endsAt = performance.now() + durationMs;
  let requests = 0;
  const keepSending = async () => {
    while (performance.now() < endsAt) {
      await send(side.url);
      requests++;
    }
  };
  await Promise.all(Array.from({ length: connections }, keepSending));
  return { requests, cpuMs: cpuMsOf(side.pid) - before };
}

/** Of all threads of a process, to the nanosecond: the ticks of the process table are too coarse for a slice. */
function cpuMsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

function createLoad(key: string, batchSize: number): SendRequest {
  const event = {
    orgCode: 'ACME',
    capabilityCode: 'P2P',
    metricType: 'CycleTime',
    value: 14.5,
    timestamp: new Date().toISOString(),
    dimensions: { urgency: 'Standard', region: 'Northeast' },
  };
  const path = batchSize === 1 ? '/api/v1/events' : '/api/v1/events/batch';
  const body = JSON.stringify(batchSize === 1 ? event : { events: Array(batchSize).fill(event) });
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  return async (url) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${path} was answered with ${response.status}: ${answer}`);
  };
}
