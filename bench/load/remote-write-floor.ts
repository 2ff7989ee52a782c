import { createCardinalityGuard } from '../../ingest/cardinality.ts';
import { acceptWrite } from '../../ingest/remote-write/accept-write.ts';
import { decodeRequest } from '../../ingest/remote-write/decode.ts';
import { IdentityCache } from '../../ingest/remote-write/identity-cache.ts';
import { REMOTE_WRITE_LIMITS } from '../../ingest/remote-write/limits.ts';
import { uncompressSnappy } from '../../ingest/remote-write/snappy.ts';
import { encodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { createBodySource, samplesPerRequest } from './remote-write-request.ts';

/** CPU time of the steps together, microseconds a sample. */
export interface RemoteWriteFloor {
  inflateUs: number;
  decodeUs: number;
  mapUs: number;
  totalUs: number;
  /** Bytes a sample: of the body, of the message in it, and of the Avro record. */
  bodyBytes: number;
  messageBytes: number;
  recordBytes: number;
}

// The floor's process: the least that has to be done with the bytes of a request, in one loop, nothing else running in it.
const distinctBodies = 64;
const warmUpRounds = 4;
const measuredRounds = Number(process.argv[2] ?? 10);
const receivedAt = Date.now();
const source = createBodySource(receivedAt);
const bodies = Array.from({ length: distinctBodies }, () => source.nextBody());
const identities = new IdentityCache();
const guard = createCardinalityGuard<unknown>();
const envelope = { tenant: 'org_bench', id: 'x', receivedAt, retentionDays: 30, isRepeatable: true };

process.send?.({
  inflateUs: time(inflate),
  decodeUs: time(decode),
  mapUs: time(map),
  totalUs: time(encode),
  bodyBytes: mean(bodies.map(({ length }) => length)),
  messageBytes: mean(bodies.map((body) => inflate(body).length)),
  recordBytes: mean(bodies.map((body) => encode(body).length)),
} satisfies RemoteWriteFloor);
process.disconnect();

function inflate(body: Buffer): Buffer {
  const message = uncompressSnappy(body, REMOTE_WRITE_LIMITS.decompressedBytes);
  if (typeof message === 'string') throw new Error(`the load is ${message}`);
  return message;
}

function decode(body: Buffer) {
  const request = decodeRequest(inflate(body), { version: '1.0', identities });
  if ('reason' in request) throw new Error(`the load is ${request.detail}`);
  return request;
}

function map(body: Buffer) {
  const accepted = acceptWrite(decode(body), { receivedAt, retentionDays: 30, table: guard.table('org_bench') });
  if (accepted.refused.size > 0) throw new Error('the load is not accepted');
  return accepted;
}

function encode(body: Buffer): Uint8Array {
  return encodeMetricBatch({ ...envelope, series: map(body).series });
}

function time(step: (body: Buffer) => unknown): number {
  for (let round = 0; round < warmUpRounds; round++) for (const body of bodies) step(body);
  const before = process.cpuUsage();
  for (let round = 0; round < measuredRounds; round++) for (const body of bodies) step(body);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (measuredRounds * distinctBodies * samplesPerRequest);
}

function mean(bytes: readonly number[]): number {
  return bytes.reduce((total, part) => total + part, 0) / (distinctBodies * samplesPerRequest);
}
