import { once } from 'node:events';
import { nearestRank, sortAscending } from '../support/quantiles.ts';
import { openConnection } from './connection.ts';
import type { LoadResult } from './load.ts';
import { createBodySource, samplesPerRequest } from './remote-write-request.ts';

export interface RemoteWriteLoadOptions {
  /** Of the receiver, up to the path. */
  url: string;
  key: string;
  connections: number;
  seconds: number;
  /** Most samples a second; the load ends early when it has sent so many. */
  samplesPerSecond: number;
  /** Of the first samples, milliseconds since the epoch. */
  startAt: number;
}

// The generator's process: the options come as one JSON argument; it says when it is ready, waits for an answer, and then sends its result.
const options = JSON.parse(process.argv[2] ?? '{}') as RemoteWriteLoadOptions;
const refused: Record<string, number> = {};
const latenciesMs: number[] = [];
let accepted = 0;
let bytes = 0;

process.on('disconnect', () => process.exit(1));
process.send?.(await generate());
process.disconnect();

// All bodies are made before: making one costs more than sending it, and none may be a repeat of another.
async function generate(): Promise<LoadResult> {
  const requests = createRequests();
  process.send?.('ready');
  await once(process, 'message');
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1_000;
  await Promise.all(Array.from({ length: options.connections }, () => drive(requests, endsAt)));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const ascending = sortAscending(latenciesMs);
  return {
    acceptedEvents: accepted,
    ...{ refused, bytes, elapsedMs, cpuMs: (user + system) / 1_000 },
    latencyMsP50: nearestRank(ascending, 0.5),
    latencyMsP99: nearestRank(ascending, 0.99),
  };
}

function createRequests(): Buffer[] {
  const { seconds, samplesPerSecond, startAt } = options;
  const source = createBodySource(startAt);
  const count = Math.ceil((seconds * samplesPerSecond) / samplesPerRequest);
  return Array.from({ length: count }, () => createRequest(source.nextBody()));
}

async function drive(requests: Buffer[], endsAt: number): Promise<void> {
  const { hostname, port } = new URL(options.url);
  const connection = await openConnection({ host: hostname, port: Number(port) });
  for (let request = requests.shift(); request !== undefined; request = requests.shift()) {
    if (performance.now() >= endsAt) break;
    const sentAt = performance.now();
    const status = await connection.send(request);
    latenciesMs.push(performance.now() - sentAt);
    bytes += request.length;
    if (status === 204) accepted += samplesPerRequest;
    else refused[status] = (refused[status] ?? 0) + 1;
  }
  connection.close();
}

function createRequest(body: Buffer): Buffer {
  const { host, pathname } = new URL(options.url);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${host}`,
    `x-api-key: ${options.key}`,
    'content-type: application/x-protobuf',
    'content-encoding: snappy',
    'x-prometheus-remote-write-version: 0.1.0',
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
