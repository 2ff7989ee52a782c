import { PbfWriter } from 'pbf';
import { describe, expect, it } from 'vitest';
import { type DecodeFailure, decodeRequest, type Version } from '../../../ingest/remote-write/decode.ts';
import { IdentityCache } from '../../../ingest/remote-write/identity-cache.ts';
import { REMOTE_WRITE_LIMITS } from '../../../ingest/remote-write/limits.ts';
import type { WriteRequest } from '../../../ingest/remote-write/write-request.ts';
import { sourceOf } from '../../../schemas/byte-cache.ts';
import { encodeV1, encodeV2, type SentSeries, STALE } from '../../support/remote-write.ts';

const AT = Date.UTC(2026, 2, 18, 10, 30);
const labels = { __name__: 'http_requests_total', code: '200', job: 'checkout', path: '/käse' };

const encoders = { '1.0': encodeV1, '2.0': encodeV2 };
const versions = Object.keys(encoders) as Version[];

const decodeAny = (bytes: Buffer, version: Version) =>
  decodeRequest(bytes, { version, identities: new IdentityCache() });

function decode(version: Version, series: readonly SentSeries[]): WriteRequest {
  const request = decodeAny(encoders[version](series), version);
  if ('reason' in request) throw new Error(request.detail);
  return request;
}

const failure = (bytes: Buffer, version: Version): DecodeFailure['reason'] | undefined => {
  const request = decodeAny(bytes, version);
  return 'reason' in request ? request.reason : undefined;
};

describe.each(versions)('a request of version %s', (version) => {
  it('gives each series its identity and its points', () => {
    const samples = [
      { value: 1.5, at: AT },
      { value: 0, at: AT + 1 },
      { value: -2, at: -5 },
    ];
    const { series } = decode(version, [
      { labels, samples },
      { labels: { __name__: 'up', job: 'a' }, samples: [] },
    ]);
    expect(series.map(({ identity, points }) => [identity.service, identity.metric, identity.labels, points])).toEqual([
      [
        'checkout',
        'http_requests_total',
        { code: '200', path: '/käse' },
        samples.map((sample) => ({ ...sample, startAt: 0 })),
      ],
      ['a', 'up', {}, []],
    ]);
  });

  it('has no values for stale markers, NaN and infinities, but their numbers', () => {
    const values = [STALE, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 7] as const;
    const request = decode(version, [{ labels, samples: values.map((value) => ({ value, at: AT })), exemplars: 2 }]);
    expect(request).toMatchObject({ staleMarkers: 1, notFinite: 3, exemplars: 2 });
    expect(request.series[0]?.points).toEqual([{ at: AT, value: 7, startAt: 0 }]);
  });

  it('gives its native histograms as they were sent', () => {
    const sent = {
      at: AT,
      startAt: AT - 1_000,
      sum: 12.5,
      schema: -2,
      zeroThreshold: 0.001,
      zeroCount: 3,
      positive: {
        spans: [
          [-3, 2],
          [4, 1],
        ],
        deltas: [5, -2, 7],
      },
      negative: { spans: [[1, 1]], counts: [2.5] },
      resetHint: 3,
    } as const;
    const [histogram] = decode(version, [{ labels, histograms: [sent] }]).series[0]?.histograms ?? [];
    expect(histogram).toEqual({
      at: AT,
      startAt: AT - 1_000,
      sum: 12.5,
      schema: -2,
      zeroThreshold: 0.001,
      zeroCount: 3,
      positive: {
        spans: [
          { offset: -3, length: 2 },
          { offset: 4, length: 1 },
        ],
        deltas: [5, -2, 7],
        counts: [],
      },
      negative: { spans: [{ offset: 1, length: 1 }], deltas: [], counts: [2.5] },
      customValues: [],
      isGauge: true,
      isStale: false,
    });
  });

  it('is malformed at every length but its own', () => {
    const whole = encoders[version]([{ labels, samples: [{ value: 1, at: AT }] }]);
    const complete = Array.from({ length: whole.length }, (_, length) => length).filter(
      (length) => failure(whole.subarray(0, length), version) === undefined,
    );
    // Between two fields of the request a cut leaves a request.
    const ends = version === '1.0' ? 1 : 10;
    expect(complete).toHaveLength(ends);
    expect(failure(whole, version)).toBeUndefined();
  });

  it('may hold so many samples and series, not one more', () => {
    const { samples: max } = REMOTE_WRITE_LIMITS;
    const samples = (count: number) => Array.from({ length: count }, () => ({ value: 1, at: AT }));
    const bytes = (count: number) => encoders[version]([{ labels, samples: samples(count) }]);
    expect(failure(bytes(max), version)).toBeUndefined();
    expect(failure(bytes(max + 1), version)).toBe('too_large');
    const empty = Array.from({ length: REMOTE_WRITE_LIMITS.series + 1 }, () => ({ labels: {} }));
    expect(failure(encoders[version](empty.slice(1)), version)).toBeUndefined();
    expect(failure(encoders[version](empty), version)).toBe('too_large');
  });

  it('may not hold a histogram of endless buckets', () => {
    const deltas = new Array<number>(REMOTE_WRITE_LIMITS.histogramBuckets + 1).fill(1);
    const series = { labels, histograms: [{ at: AT, positive: { spans: [[0, deltas.length]] as const, deltas } }] };
    expect(failure(encoders[version]([series]), version)).toBe('too_large');
    const spans = deltas.map(() => [0, 0] as const);
    const spanned = { labels, histograms: [{ at: AT, negative: { spans } }] };
    expect(failure(encoders[version]([spanned]), version)).toBe('too_large');
  });
});

describe('a request of version 1.0', () => {
  it('finds the metadata of a series by its name or that of its family', () => {
    const names = ['rpc_total', 'queue', 'latency_bucket', 'other'];
    const bytes = encodeV1(
      names.map((name) => ({ labels: { __name__: name }, samples: [{ value: 1, at: AT }] })),
      [
        { family: 'rpc', type: 1 },
        { family: 'queue', type: 2, unit: 'jobs' },
        { family: 'latency', type: 3 },
      ],
    );
    const request = decodeAny(bytes, '1.0') as WriteRequest;
    expect(request.series.map(({ metadata }) => metadata)).toEqual([
      { type: 'counter', unit: '' },
      { type: 'gauge', unit: 'jobs' },
      { type: 'histogram', unit: '' },
      undefined,
    ]);
  });

  it('may describe so many metric families, not one more', () => {
    const { metadata } = REMOTE_WRITE_LIMITS;
    const families = Array.from({ length: metadata + 1 }, (_, n) => ({ family: `f${n}`, type: 1 }));
    expect(failure(encodeV1([], families.slice(1)), '1.0')).toBeUndefined();
    expect(failure(encodeV1([], families), '1.0')).toBe('too_large');
  });

  it('takes labels that come after the samples', () => {
    const writer = new PbfWriter();
    const label = ([name, value]: readonly [string, string], pbf: PbfWriter) => {
      pbf.writeStringField(1, name);
      pbf.writeStringField(2, value);
    };
    writer.writeMessage(
      1,
      (_, pbf) => {
        pbf.writeMessage(1, label, ['__name__', 'up']);
        pbf.writeMessage(2, (_nothing, sample) => sample.writeVarintField(2, AT), undefined);
        pbf.writeMessage(1, label, ['job', 'late']);
      },
      undefined,
    );
    const request = decodeAny(Buffer.from(writer.finish()), '1.0') as WriteRequest;
    expect(request.series[0]).toMatchObject({ identity: { service: 'late' }, points: [{ at: AT, value: 0 }] });
  });
});

describe('a request of version 2.0', () => {
  it('has type, unit and start of each series', () => {
    const samples = [
      { value: 1, at: AT },
      { value: 2, at: AT + 1, startAt: AT - 5 },
    ];
    const [series] = decode('2.0', [{ labels, type: 1, unit: 'requests', createdAt: AT - 9, samples }]).series;
    expect(series).toMatchObject({ metadata: { type: 'counter', unit: 'requests' }, startAt: AT - 9 });
    expect(series?.points.map(({ startAt }) => startAt)).toEqual([0, AT - 5]);
  });

  it.each([
    ['a name without a value', [1]],
    ['a reference to no symbol', [1, 9]],
  ])('is malformed with %s', (_case, references) => {
    const writer = new PbfWriter();
    for (const symbol of ['', '__name__', 'up']) writer.writeStringField(4, symbol);
    writer.writeMessage(5, (given: number[], pbf) => pbf.writePackedVarint(1, given), references);
    expect(failure(Buffer.from(writer.finish()), '2.0')).toBe('malformed');
  });

  it('may hold so many symbols, not one more', () => {
    const writer = new PbfWriter();
    for (let count = 0; count <= REMOTE_WRITE_LIMITS.symbols; count++) writer.writeStringField(4, '');
    const bytes = Buffer.from(writer.finish());
    expect(failure(bytes.subarray(2), '2.0')).toBeUndefined();
    expect(failure(bytes, '2.0')).toBe('too_large');
  });
});

describe('the memory of label sets', () => {
  it('stays within its bound and knows what was used last', () => {
    const cache = new IdentityCache(20_000);
    const identity = { service: 's', metric: 'm', labels: {}, bytes: 0, defect: undefined };
    let reads = 0;
    const look = (text: string) => {
      const source = sourceOf(Buffer.from(text));
      cache.get(source, { start: 0, end: source.bytes.length }, () => {
        reads++;
        return identity;
      });
    };
    for (let n = 0; n < 1_000; n++) {
      look(`key ${n}`);
      look('always');
    }
    expect(reads).toBe(1_001);
    expect(cache.size).toBeLessThan(50);
  });
});
