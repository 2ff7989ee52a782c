import { describe, expect, it } from 'vitest';
import { createCardinalityGuard } from '../../../ingest/cardinality.ts';
import { identifySeries, type Label } from '../../../ingest/remote-write/accept-labels.ts';
import { type AcceptedWrite, acceptWrite } from '../../../ingest/remote-write/accept-write.ts';
import { decodeRequest } from '../../../ingest/remote-write/decode.ts';
import { IdentityCache } from '../../../ingest/remote-write/identity-cache.ts';
import { REMOTE_WRITE_LIMITS as LIMITS } from '../../../ingest/remote-write/limits.ts';
import { encodeV1, encodeV2, type SentMetadata, type SentSeries } from '../../support/remote-write.ts';

const NOW = Date.UTC(2026, 2, 18, 10, 30);
const DAY_MS = 86_400_000;
const one = [{ value: 1, at: NOW }];

function accept(bytes: Buffer, version: '1.0' | '2.0' = '1.0'): AcceptedWrite {
  const request = decodeRequest(bytes, { version, identities: new IdentityCache() });
  if ('reason' in request) throw new Error(request.detail);
  const table = createCardinalityGuard().table('org_acme', 3);
  return acceptWrite(request, { receivedAt: NOW, retentionDays: 30, table });
}

const acceptV1 = (series: readonly SentSeries[], metadata: readonly SentMetadata[] = []) =>
  accept(encodeV1(series, metadata));

describe('the labels of a series', () => {
  const identify = (labels: Record<string, string>) => identifySeries(Object.entries({ __name__: 'up', ...labels }));

  it.each([
    [
      'service',
      { service: 'a', service_name: 'b', job: 'c', instance: 'd' },
      ['a', ['service_name', 'job', 'instance']],
    ],
    ['service_name', { service_name: 'b', job: 'c', instance: 'd' }, ['b', ['job', 'instance']]],
    ['job', { job: 'c', instance: 'd' }, ['c', ['instance']]],
    ['instance', { instance: 'd', zone: 'e' }, ['d', ['zone']]],
    ['nothing', { zone: 'e' }, ['unknown', ['zone']]],
    ['an empty one, which is none', { service: '', job: 'c' }, ['c', []]],
  ])('name the service by %s', (_label, labels: Record<string, string>, [service, left]) => {
    expect(identify(labels)).toMatchObject({ service, metric: 'up', defect: undefined });
    expect(Object.keys(identify(labels).labels)).toEqual(left);
  });

  const long = (length: number) => 'x'.repeat(length);
  it.each<[string, Label[], string]>([
    ['no name', [['job', 'a']], 'no_metric_name'],
    [
      'an empty name',
      [
        ['__name__', ''],
        ['job', 'a'],
      ],
      'no_metric_name',
    ],
    [
      'a label twice',
      [
        ['__name__', 'up'],
        ['a', '1'],
        ['a', '2'],
      ],
      'duplicate_label',
    ],
    [
      'a label without a name',
      [
        ['__name__', 'up'],
        ['', '1'],
      ],
      'invalid_label',
    ],
    [
      'a label that is no UTF-8',
      [
        ['__name__', 'up'],
        ['a', undefined],
      ],
      'invalid_label',
    ],
    [
      'a prototype',
      [
        ['__name__', 'up'],
        ['__proto__', 'a'],
      ],
      'invalid_label',
    ],
    ['a name that counts log events', [['__name__', 'logs.error']], 'reserved_metric_name'],
    ['a control character in its name', [['__name__', 'u\np']], 'invalid_label'],
    ['a name too long', [['__name__', long(LIMITS.metricNameLength + 1)]], 'label_value_too_long'],
    [
      'a service too long',
      [
        ['__name__', 'up'],
        ['job', long(LIMITS.serviceLength + 1)],
      ],
      'label_value_too_long',
    ],
    [
      'a label name too long',
      [
        ['__name__', 'up'],
        [long(LIMITS.labelNameLength + 1), 'a'],
      ],
      'label_name_too_long',
    ],
    [
      'a value too long',
      [
        ['__name__', 'up'],
        ['a', long(LIMITS.labelValueLength + 1)],
      ],
      'label_value_too_long',
    ],
  ])('are refused with %s', (_case, labels, defect) => {
    expect(identifySeries(labels).defect).toBe(defect);
  });

  it('may be so many and so long, not more', () => {
    const labels = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`l${n}`, long(LIMITS.labelValueLength)]));
    expect(identify({ job: long(LIMITS.serviceLength), ...labels(LIMITS.labels) }).defect).toBeUndefined();
    expect(identify({ job: 'a', ...labels(LIMITS.labels + 1) }).defect).toBe('too_many_labels');
  });
});

describe('the series of a request', () => {
  it.each([
    ['http_requests_total', 'cumulative'],
    ['latency_seconds_count', 'cumulative'],
    ['latency_seconds_sum', 'cumulative'],
    ['latency_seconds_bucket', 'cumulative'],
    ['latency_seconds', 'gauge'],
    ['totals', 'gauge'],
  ])('are totals by the suffix of their name where nothing else is known: %s', (name, kind) => {
    expect(acceptV1([{ labels: { __name__: name }, samples: one }]).series[0]?.kind).toBe(kind);
  });

  it.each([
    ['a counter', 1, ['connections', 'cumulative']],
    ['a gauge', 2, ['limit_total', 'gauge']],
    ['a histogram', 3, ['latency_bucket', 'cumulative']],
    ['a gauge histogram', 4, ['latency_bucket', 'gauge']],
    ['a quantile of a summary', 5, ['latency', 'gauge']],
    ['the count of a summary', 5, ['latency_count', 'cumulative']],
    ['an info', 6, ['build_total', 'gauge']],
  ])('are what their metadata says in 2.0: %s', (_what, type, [name = '', kind]) => {
    const bytes = encodeV2([{ labels: { __name__: name }, type, unit: 'seconds', samples: one }]);
    expect(accept(bytes, '2.0').series[0]).toMatchObject({ kind, unit: 'seconds' });
  });

  it('are what the metadata beside them says in 1.0', () => {
    const { series } = acceptV1(
      [
        { labels: { __name__: 'connections' }, samples: one },
        { labels: { __name__: 'limit_total' }, samples: one },
      ],
      [
        { family: 'connections', type: 1, unit: 'connections' },
        { family: 'limit_total', type: 2 },
      ],
    );
    expect(series.map(({ kind, unit }) => [kind, unit])).toEqual([
      ['cumulative', 'connections'],
      ['gauge', ''],
    ]);
  });

  it('have the start of their totals where it can be', () => {
    const samples = [
      { value: 1, at: NOW, startAt: NOW - 7 },
      { value: 2, at: NOW },
      { value: 3, at: NOW, startAt: NOW + 1 },
    ];
    const bytes = encodeV2([{ labels: { __name__: 'a_total' }, createdAt: NOW - 9, samples }]);
    expect(accept(bytes, '2.0').series[0]?.points.map(({ startAt }) => startAt)).toEqual([NOW - 7, NOW - 9, 0]);
  });

  it('lose what is too old or too far ahead, and nothing else', () => {
    const ages = [30 * DAY_MS, 30 * DAY_MS + 1, 0, -600_000, -600_001, 1];
    const samples = ages.map((age, value) => ({ value, at: NOW - age }));
    const { series, refused } = acceptV1([
      { labels: { __name__: 'up', job: 'a' }, samples },
      { labels: { __name__: 'up', job: 'b' }, samples: samples.slice(1, 2) },
    ]);
    expect(series.map(({ service, points }) => [service, points.map(({ value }) => value)])).toEqual([
      ['a', [0, 2, 3, 5]],
    ]);
    expect(Object.fromEntries(refused)).toEqual({ older_than_retention: 2, too_far_in_future: 1 });
  });

  it('are refused alone for what is wrong with their labels', () => {
    const { series, refused, services } = acceptV1([
      { labels: { job: 'a' }, samples: [...one, ...one] },
      { labels: { __name__: 'up', job: 'b' }, samples: one },
      { labels: { job: 'c' }, histograms: [{ at: NOW }] },
    ]);
    expect(series.map(({ service }) => service)).toEqual(['b']);
    expect([...services]).toEqual(['b']);
    expect(Object.fromEntries(refused)).toEqual({ no_metric_name: 3 });
  });

  it('keep labels with too many values out of rollups', () => {
    const series = ['1', '2', '3', '4'].map((pod) => ({ labels: { __name__: 'up', job: 'a', pod }, samples: one }));
    expect(acceptV1(series).series.map(({ unrolled }) => unrolled)).toEqual([[], [], [], ['pod']]);
  });

  it('are gauges or totals of histograms as these say', () => {
    const histogram = { at: NOW, sum: 3, zeroCount: 2, positive: { spans: [[0, 1]] as const, deltas: [1] } };
    const { series, refused } = acceptV1([
      { labels: { __name__: 'latency', job: 'a' }, histograms: [histogram] },
      { labels: { __name__: 'sizes', job: 'a' }, histograms: [{ ...histogram, resetHint: 3 }] },
      { labels: { __name__: 'odd', job: 'a' }, histograms: [{ ...histogram, schema: 9 }] },
      { labels: { __name__: 'old', job: 'a' }, histograms: [{ ...histogram, at: 1 }] },
    ]);
    expect(series.map(({ metric, kind, histograms }) => [metric, kind, histograms.length])).toEqual([
      ['latency', 'cumulative', 1],
      ['sizes', 'gauge', 1],
    ]);
    expect(Object.fromEntries(refused)).toEqual({ unsupported_histogram: 1, older_than_retention: 1 });
  });
});
