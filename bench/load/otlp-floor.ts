import { createCardinalityGuard } from '../../ingest/cardinality.ts';
import { acceptMetrics } from '../../ingest/otlp/accept-metrics.ts';
import { decodeProtoMetrics } from '../../ingest/otlp/proto-metrics.ts';
import { createStringTable } from '../../ingest/otlp/string-table.ts';
import { encodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { createOtlpBody, pointsPerRequest } from './otlp-request.ts';

/** CPU time of each step, microseconds a point. */
export interface OtlpFloor {
  decodeUs: number;
  /** Decode, and map to the record. */
  mapUs: number;
  /** All of it: decode, map, encode. */
  totalUs: number;
  /** Bytes a point: of the body, and of the Avro record. */
  bodyBytes: number;
  recordBytes: number;
}

// The floor's process: the least that has to be done with the bytes of a request, in one loop, nothing else running in it.
const distinctBodies = 16;
const warmUpRounds = 6;
const measuredRounds = Number(process.argv[2] ?? 30);
const receivedAt = Date.now();
const bodies = Array.from({ length: distinctBodies }, (_, seed) => createOtlpBody(seed, receivedAt));
const strings = createStringTable();
const guard = createCardinalityGuard<unknown>();
const envelope = { tenant: 'org_bench', id: 'x', receivedAt, retentionDays: 30, isRepeatable: true };

process.send?.({
  decodeUs: time(decode),
  mapUs: time(map),
  totalUs: time(encode),
  bodyBytes: sum(bodies.map(({ length }) => length)) / (distinctBodies * pointsPerRequest),
  recordBytes: sum(bodies.map(encode)) / (distinctBodies * pointsPerRequest),
} satisfies OtlpFloor);
process.disconnect();

function decode(body: Buffer) {
  const decoded = decodeProtoMetrics(body, strings);
  if (typeof decoded === 'string') throw new Error(`the load is ${decoded}`);
  return decoded;
}

function map(body: Buffer) {
  return acceptMetrics(decode(body), { receivedAt, retentionDays: 30, table: guard.table('org_bench') });
}

function encode(body: Buffer): number {
  return sum(map(body).records.map((series) => encodeMetricBatch({ ...envelope, series }).length));
}

function time(step: (body: Buffer) => unknown): number {
  for (let round = 0; round < warmUpRounds; round++) for (const body of bodies) step(body);
  const before = process.cpuUsage();
  for (let round = 0; round < measuredRounds; round++) for (const body of bodies) step(body);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (measuredRounds * distinctBodies * pointsPerRequest);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
