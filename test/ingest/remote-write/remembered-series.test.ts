import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCardinalityGuard } from '../../../ingest/cardinality.ts';
import { acceptWrite } from '../../../ingest/remote-write/accept-write.ts';
import { decodeRequest } from '../../../ingest/remote-write/decode.ts';
import { IdentityCache } from '../../../ingest/remote-write/identity-cache.ts';
import { METRIC_TYPES } from '../../../ingest/remote-write/write-request.ts';
import { encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { encodeV1, type SentMetadata, type SentSeries } from '../../support/remote-write.ts';

const NOW = Date.UTC(2026, 2, 18, 10, 30);
const valuesPerLabel = 3;
const tenants = ['org_acme', 'org_other'] as const;

interface Sent {
  tenant: (typeof tenants)[number];
  series: SentSeries[];
  metadata: SentMetadata[];
}

const names = fc.constantFrom('up', 'requests_total', 'duration_bucket');
const sent: fc.Arbitrary<Sent> = fc.record({
  tenant: fc.constantFrom(...tenants),
  series: fc.array(
    fc.record({
      labels: fc.record({
        __name__: names,
        job: fc.constantFrom('a', 'b'),
        path: fc.constantFrom('1', '2', '3', '4', '5'),
      }),
      samples: fc.array(
        fc.record({ value: fc.double({ noNaN: true }), at: fc.integer({ min: NOW - 1_000, max: NOW }) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
    }),
    { maxLength: 12 },
  ),
  metadata: fc.array(
    fc.record({
      family: names,
      type: fc.integer({ min: 0, max: METRIC_TYPES.length - 1 }),
      unit: fc.constantFrom('', 'seconds'),
    }),
    { maxLength: 2 },
  ),
});

/** Makes the record of each request that follows, its memory of series kept or not. */
function createWriting(keepsSeries: boolean) {
  const guard = createCardinalityGuard();
  const kept = new IdentityCache();
  return ({ tenant, series, metadata }: Sent): Buffer => {
    const identities = keepsSeries ? kept : new IdentityCache();
    const request = decodeRequest(encodeV1(series, metadata), { version: '1.0', identities });
    if ('reason' in request) throw new Error(request.detail);
    const table = guard.table(tenant, valuesPerLabel);
    const accepted = acceptWrite(request, { receivedAt: NOW, retentionDays: 30, table });
    const head = { tenant, id: 'x', receivedAt: NOW, retentionDays: 30, isRepeatable: true };
    // Without the heads that were encoded before.
    const written = keepsSeries ? accepted.series : accepted.series.map((one) => ({ ...one, head: undefined }));
    return Buffer.from(encodeMetricBatch({ ...head, series: written }));
  };
}

describe('series that came before', () => {
  it('become the same records as series that come for the first time', () => {
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 12 }), (requests) => {
        const [remembering, forgetting] = [createWriting(true), createWriting(false)];
        for (const request of requests) expect(remembering(request)).toEqual(forgetting(request));
      }),
      { numRuns: 500 },
    );
  });
});
