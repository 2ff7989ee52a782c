import { nearestRank, sortAscending } from '../support/quantiles.ts';
import { openConnection } from './connection.ts';
import type { LoadResult } from './load.ts';
import { createOtlpBody, pointsPerRequest } from './otlp-request.ts';

export interface OtlpLoadOptions {
  /** Base URL of the ingest tier. */
  url: string;
  key: string;
  connections: number;
  seconds: number;
}

// The generator's process: the options come as one JSON argument, the result goes to the parent over IPC.
const options = JSON.parse(process.argv[2] ?? '{}') as OtlpLoadOptions;
const distinctBodies = 16;
const refused: Record<string, number> = {};
const latenciesMs: number[] = [];
let accepted = 0;
let bytes = 0;

process.on('disconnect', () => process.exit(1));
process.send?.(await generate());
process.disconnect();

async function generate(): Promise<LoadResult> {
  const now = Date.now();
  const requests = Array.from({ length: distinctBodies }, (_, seed) => createRequest(createOtlpBody(seed, now)));
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1_000;
  await Promise.all(Array.from({ length: options.connections }, (_, first) => drive(requests, first, endsAt)));
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

async function drive(requests: readonly Buffer[], first: number, endsAt: number): Promise<void> {
  const { hostname, port } = new URL(options.url);
  const connection = await openConnection({ host: hostname, port: Number(port) });
  for (let index = first; performance.now() < endsAt; index++) {
    const request = requests[index % requests.length] as Buffer;
    const sentAt = performance.now();
    const status = await connection.send(request);
    latenciesMs.push(performance.now() - sentAt);
    bytes += request.length;
    if (status === 200) accepted += pointsPerRequest;
    else refused[status] = (refused[status] ?? 0) + 1;
  }
  connection.close();
}

function createRequest(body: Buffer): Buffer {
  const head = [
    'POST /v1/metrics HTTP/1.1',
    `host: ${new URL(options.url).host}`,
    `x-api-key: ${options.key}`,
    'content-type: application/x-protobuf',
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
