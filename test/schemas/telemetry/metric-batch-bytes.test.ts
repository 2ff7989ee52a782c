import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSingleObjectCodec } from '../../../schemas/codec.ts';
import { METRIC_BATCH_SCHEMA, type MetricBatch } from '../../../schemas/telemetry/metric-batch.ts';
import { decodeMetricBatch, encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import {
  createMetricBatchReader,
  type ItemBatch,
  readMetricBatchHead,
} from '../../../schemas/telemetry/metric-batch-reader.ts';
import { encodeSeriesHead, type SeriesHead } from '../../../schemas/telemetry/metric-batch-writer.ts';
import {
  createHistogram,
  createMetricBatch,
  createMetricSeries,
  TELEMETRY_AT,
} from '../../support/telemetry-batches.ts';

const generic = createSingleObjectCodec(METRIC_BATCH_SCHEMA);

const text = fc.string({ unit: 'binary', maxLength: 80 });
const name = fc.constantFrom('path', 'code', 'é', 'a'.repeat(70), '');
// Beyond these numbers the codec itself writes negative ones wrongly.
const anyLong = fc.oneof(
  fc.maxSafeInteger().map((long) => Math.trunc(long / 2)),
  fc.integer(),
  fc.constant(TELEMETRY_AT),
  fc.constant(0),
);
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const optional = fc.option(finite);

const histogram = fc
  .tuple(fc.array(amount, { maxLength: 5 }), fc.tuple(time, time, optional, optional, optional))
  .map(([counts, [at, startAt, sum, min, max]]) => ({
    ...{ at, startAt, sum, min, max, counts: [1, ...counts] },
    bounds: counts.map((_, index) => index / 3),
  }));

const seriesWith = (times: fc.Arbitrary<number>) =>
  fc.record({
    ...{ service: text, metric: text, unit: text, kind: fc.constantFrom('gauge', 'delta', 'cumulative') },
    labels: fc.dictionary(name, text, { maxKeys: 5, noNullPrototype: true }),
    unrolled: fc.array(name, { maxLength: 3 }),
    points: fc.array(fc.record({ at: times, value: finite, startAt: times }), { maxLength: 5 }),
    histograms: fc.array(histogram, { maxLength: 2 }),
  });

const batchWith = (times: fc.Arbitrary<number>): fc.Arbitrary<MetricBatch> =>
  fc.record({
    ...{ tenant: text, id: text, receivedAt: times, retentionDays: fc.nat(), isRepeatable: fc.boolean() },
    series: fc.array(seriesWith(times), { maxLength: 4 }),
  });

const runs = { numRuns: 1_000 };

/** The batch as a reader gives it, from the codec of the schema. */
function itemsOf(batch: MetricBatch): ItemBatch<SeriesHead> {
  const { series, ...head } = batch;
  const items = series.flatMap(({ points, histograms, ...one }) => [
    ...points.map((point) => ({ ...point, series: one, histogram: undefined })),
    ...histograms.map((sent) => ({
      ...{ at: sent.at, value: sent.sum ?? 0, startAt: sent.startAt },
      ...{ series: one, histogram: sent },
    })),
  ]);
  return { ...head, items };
}

const expected = (bytes: Uint8Array) => {
  const batch = decodeMetricBatch(bytes);
  return typeof batch === 'string' ? batch : itemsOf(batch);
};

const createReader = (maxBytes = 1_000_000) =>
  createMetricBatchReader<SeriesHead>({ describe: (head) => head, maxBytes });

const flip = (bytes: Uint8Array, changes: readonly [number, number][]): Uint8Array => {
  const changed = bytes.slice();
  for (const [at, bits] of changes) {
    const index = at % changed.length;
    changed[index] = (changed[index] ?? 0) ^ bits;
  }
  return changed;
};

describe('a batch of points', () => {
  it('is written byte for byte as the codec of its schema writes it', () => {
    fc.assert(
      fc.property(batchWith(anyLong), (batch) => {
        expect(Buffer.from(encodeMetricBatch(batch))).toEqual(Buffer.from(generic.encode(batch)));
      }),
      runs,
    );
  });

  it('is written so with heads that were written before, too', () => {
    fc.assert(
      fc.property(batchWith(time), (batch) => {
        const series = batch.series.map((one) => ({ ...one, head: encodeSeriesHead(one) }));
        expect(Buffer.from(encodeMetricBatch({ ...batch, series }))).toEqual(Buffer.from(generic.encode(batch)));
      }),
      runs,
    );
  });

  it('is not written when a time is no whole number, and the next one is written as ever', () => {
    const point = { at: TELEMETRY_AT + 0.5, value: 1, startAt: 0 };
    const broken = createMetricBatch([createMetricSeries({ points: [point] })]);
    const sound = createMetricBatch([createMetricSeries({ histograms: [createHistogram()] })]);
    expect(() => encodeMetricBatch(broken)).toThrow(TypeError);
    expect(Buffer.from(encodeMetricBatch(sound))).toEqual(Buffer.from(generic.encode(sound)));
  });

  it('is read item by item as the codec of its schema reads it, by a reader that remembers series', () => {
    const read = createReader();
    fc.assert(
      fc.property(batchWith(time), (batch) => {
        const bytes = encodeMetricBatch(batch);
        for (let time = 0; time < 3; time++) expect(read(bytes)).toEqual(expected(bytes));
      }),
      runs,
    );
  });

  it('is refused for the reasons of that codec, whatever bits are wrong', () => {
    const read = createReader();
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(batchWith(time), changes, fc.nat({ max: 3 }), (batch, bits, cut) => {
        const whole = flip(encodeMetricBatch(batch), bits);
        const bytes = whole.subarray(0, whole.length - cut);
        const result = read(bytes);
        outcomes.add(typeof result === 'string' ? result : 'read');
        expect(result).toEqual(expected(bytes));
      }),
      { numRuns: 5_000 },
    );
    expect([...outcomes]).toEqual(expect.arrayContaining(['read', 'truncated', 'malformed', 'impossible_value']));
  });

  it('has a head that can be read alone', () => {
    fc.assert(
      fc.property(batchWith(time), ({ series, ...head }) => {
        const bytes = encodeMetricBatch({ ...head, series });
        expect(readMetricBatchHead(bytes)).toEqual(head);
        // The last byte is never one of the head.
        expect(readMetricBatchHead(bytes.subarray(0, bytes.length - 1))).toEqual(head);
        expect(readMetricBatchHead(flip(bytes, [[2, 1]]))).toBeUndefined();
        expect(readMetricBatchHead(bytes.subarray(0, 11))).toBeUndefined();
      }),
    );
  });

  it('has the same object for a series in each record while it is remembered', () => {
    const read = createReader();
    const series = [createMetricSeries({ points: [{ at: TELEMETRY_AT, value: 1, startAt: 0 }] })];
    const seriesOf = (id: string) => {
      const batch = read(encodeMetricBatch(createMetricBatch(series, { id })));
      return typeof batch === 'string' ? undefined : batch.items[0]?.series;
    };
    const first = seriesOf('a');
    expect(first).toMatchObject({ service: 'checkout' });
    expect(seriesOf('b')).toBe(first);
  });
});
