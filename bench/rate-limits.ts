import { readdirSync, readFileSync } from 'node:fs';
import { findFreePort } from '../platform/embedded/free-port.ts';
import { startIngestStack } from '../test/support/ingest-stack.ts';
import type { Figure } from './figures.ts';
import { openConnection } from './load/connection.ts';
import type { PartOptions } from './part.ts';
import { nearestRank, sortAscending } from './support/quantiles.ts';
import { formatTable } from './support/table.ts';

const goal = 1.02;
const connectionsASide = 4;
/** Of one side; the other's follows: what else the machine does then falls on both alike. */
const sliceMs = 125;
const warmUpMs = 3_000;
/** Events of a request: what pipelines send, and the worst case. */
const batchSizes = [1_000, 1] as const;

interface Side {
  pid: number;
  port: number;
  key: string;
}

/**
 * (f) What the request limits cost ingest: two ingest processes on the same stores, one with limits nobody reaches and one without, take
 * the same load in turns. The median over pairs of turns of the ratio of their CPU time a request: a busy machine makes a request dearer,
 * through cold caches and because fewer are served at each waking, but two neighbouring turns alike.
 */
export async function benchRateLimits({ seconds, print }: PartOptions): Promise<Figure[]> {
  const stack = await startIngestStack();
  const start = async (limits: string) => {
    const port = await findFreePort();
    const tier = await stack.startIngest({ TIDEMARK_INGEST_PORT: String(port), TIDEMARK_RATE_LIMITS: limits });
    return { tier, side: { pid: tier.pid, port, key: stack.key } };
  };
  const [on, off] = [await start('ingest=100000000'), await start('off')];
  try {
    const figures: Figure[] = [];
    const pairs = Math.ceil((seconds * 1_000) / (2 * sliceMs));
    for (const batchSize of batchSizes) {
      const ratio = await compare({ on: on.side, off: off.side, batchSize, pairs, print });
      const name = batchSize === 1 ? 'ingest.limits_cpu_ratio_single' : 'ingest.limits_cpu_ratio';
      figures.push({ name, value: ratio, unit: 'ratio', goal: { atMost: goal } });
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
  batchSize: number;
  pairs: number;
  print: PartOptions['print'];
}

async function compare({ on, off, batchSize, pairs, print }: Comparison): Promise<number> {
  for (const side of [on, off]) await costOf(side, { batchSize, durationMs: warmUpMs });
  const costs: { on: number; off: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const slice = { batchSize, durationMs: sliceMs };
    // on off, off on: a drift of the machine falls on both.
    const first = await costOf(pair % 2 === 0 ? on : off, slice);
    const second = await costOf(pair % 2 === 0 ? off : on, slice);
    costs.push(pair % 2 === 0 ? { on: first, off: second } : { on: second, off: first });
  }
  const ratios = sortAscending(costs.map((cost) => cost.on / cost.off));
  const median = (values: number[]) => nearestRank(sortAscending(values), 0.5);
  const rows = [
    ['on, CPU us/request', median(costs.map((cost) => cost.on))],
    ['off, CPU us/request', median(costs.map((cost) => cost.off))],
    ['ratio, lower quartile', nearestRank(ratios, 0.25)],
    ['ratio, median', nearestRank(ratios, 0.5)],
    ['ratio, upper quartile', nearestRank(ratios, 0.75)],
  ] as const;
  print(formatTable([`limits, ${batchSize} events a request`, 'median'], rows));
  return nearestRank(ratios, 0.5);
}

interface Slice {
  batchSize: number;
  durationMs: number;
}

/** CPU time in microseconds that the ingest process spends on a request under one short load. */
async function costOf({ pid, port, key }: Side, { batchSize, durationMs }: Slice): Promise<number> {
  const request = requestOf(key, batchSize);
  const before = cpuMsOf(pid);
  const endsAt = performance.now() + durationMs;
  let count = 0;
  const keepSending = async () => {
    // Of this load alone: the server closes what says nothing while it is the other's turn.
    const connection = await openConnection({ host: '127.0.0.1', port });
    while (performance.now() < endsAt || count === 0) {
      const status = await connection.send(request);
      if (status !== 201) throw new Error(`a request of ${batchSize} events was answered with ${status}`);
      count++;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connectionsASide }, keepSending));
  return ((cpuMsOf(pid) - before) * 1_000) / count;
}

/** Of all threads of a process, to the nanosecond: the ticks of the process table are too coarse for a slice. */
function cpuMsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

function requestOf(key: string, batchSize: number): Buffer {
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
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: ingest',
    `X-Api-Key: ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
