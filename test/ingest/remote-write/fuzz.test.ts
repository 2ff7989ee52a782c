import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCardinalityGuard } from '../../../ingest/cardinality.ts';
import { acceptWrite } from '../../../ingest/remote-write/accept-write.ts';
import { decodeRequest, type Version } from '../../../ingest/remote-write/decode.ts';
import { IdentityCache } from '../../../ingest/remote-write/identity-cache.ts';
import { uncompressSnappy } from '../../../ingest/remote-write/snappy.ts';
import { decodeMetricBatch, encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { encodeV1, encodeV2, type SentSeries, STALE, snappy } from '../../support/remote-write.ts';

/** Mutated inputs of each kind; the whole proof is 100,000. */
const INPUTS = Number(process.env.TIDEMARK_FUZZ_INPUTS ?? 4_000);
const MAX_MS = 100;
const MAX_HEAP_BYTES = 300 * 1024 * 1024;
const MAX_BYTES = 1024 * 1024;
const AT = Date.UTC(2026, 2, 18, 10, 30);

const sample: SentSeries[] = Array.from({ length: 12 }, (_, n) => ({
  labels: { __name__: `metric_${n}_total`, job: `service-${n % 3}`, path: `/käse/${n}`, le: '0.5' },
  samples: [
    { value: n, at: AT + n },
    { value: n % 2 === 0 ? STALE : Number.NaN, at: AT },
  ],
  histograms: [
    {
      at: AT,
      sum: 3,
      schema: n % 9,
      zeroCount: 2,
      positive: {
        spans: [
          [-3, 2],
          [5, 1],
        ],
        deltas: [1, 2, -1],
      },
      negative: { spans: [[1, 1]], counts: [2.5] },
      customValues: [1, 2, 3],
    },
  ],
  exemplars: 1,
  type: n % 8,
  unit: 'seconds',
  createdAt: AT - 1_000,
}));
const metadata = [{ family: 'metric_1', type: 1, unit: 'seconds' }];

/** Numbers that look random and come again: a failure names its input. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Bytes with some of them changed, left out, repeated or added, or cut off. */
function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let mutated = Buffer.from(bytes);
  for (let changes = 1 + random(4); changes > 0 && mutated.length > 0; changes--) {
    const at = random(mutated.length);
    const end = at + random(24);
    const kind = random(6);
    if (kind <= 1) mutated[at] = random(256);
    else if (kind === 2) mutated[at] = [0, 0x7f, 0x80, 0xff][random(4)] ?? 0;
    else if (kind === 3) mutated = mutated.subarray(0, at);
    else if (kind === 4) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(end)]);
    else mutated = Buffer.concat([mutated.subarray(0, end), mutated.subarray(at)]);
  }
  return mutated;
}

const identities = new IdentityCache();
const guard = createCardinalityGuard();

/** The way of a body from the socket to the record. Throws where the record is none that may be in the log. */
function take(plain: Buffer | string, version: Version): string {
  if (typeof plain === 'string') return plain;
  const request = decodeRequest(plain, { version, identities });
  if ('reason' in request) return request.reason;
  const context = { receivedAt: AT, retentionDays: 30, table: guard.table('org_acme', 100) };
  const { series } = acceptWrite(request, context);
  const head = { tenant: 'org_acme', id: 'x', receivedAt: AT, retentionDays: 30, isRepeatable: true };
  const back = decodeMetricBatch(encodeMetricBatch({ ...head, series }));
  if (typeof back === 'string') throw new Error(`a record that is ${back}`);
  return 'taken';
}

interface Outcome {
  counts: Record<string, number>;
  slowestMs: number;
}

/** Takes mutations of a body. A slow one is taken again before it counts: the machine may have been busy with something else. */
function fuzz(body: Buffer, takeBody: (body: Buffer) => string): Outcome {
  const random = randomOf(createHash('md5').update(body).digest().readUInt32LE());
  const counts: Record<string, number> = {};
  let slowestMs = 0;
  for (let n = 0; n < INPUTS; n++) {
    const mutated = mutate(body, random);
    let outcome = timed(takeBody, mutated);
    if (outcome.ms > MAX_MS) outcome = timed(takeBody, mutated);
    slowestMs = Math.max(slowestMs, outcome.ms);
    counts[outcome.what] = (counts[outcome.what] ?? 0) + 1;
  }
  return { counts, slowestMs };
}

function timed(takeBody: (body: Buffer) => string, body: Buffer): { what: string; ms: number } {
  const startedAt = performance.now();
  const what = takeBody(body);
  return { what, ms: performance.now() - startedAt };
}

const bodies: Record<Version, Buffer> = { '1.0': encodeV1(sample, metadata), '2.0': encodeV2(sample) };

describe.each(['1.0', '2.0'] as const)('mutated bodies of version %s', (version) => {
  it.each([
    ['messages', bodies[version], (body: Buffer) => take(body, version)],
    ['blocks', snappy(bodies[version]), (body: Buffer) => take(uncompressSnappy(body, MAX_BYTES), version)],
  ] as const)(
    'are taken or refused at once as %s, and no record of them is impossible',
    { timeout: 30_000 + INPUTS },
    (_what, body, takeBody) => {
      const { counts, slowestMs } = fuzz(body, takeBody);
      expect(counts.malformed).toBeGreaterThan(0);
      expect(counts.taken).toBeGreaterThan(0);
      expect(slowestMs).toBeLessThan(MAX_MS);
      expect(process.memoryUsage().heapUsed).toBeLessThan(MAX_HEAP_BYTES);
    },
  );
});
