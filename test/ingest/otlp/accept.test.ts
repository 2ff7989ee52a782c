import { describe, expect, it } from 'vitest';
import { createCardinalityGuard } from '../../../ingest/cardinality.ts';
import { acceptLogs, levelOf } from '../../../ingest/otlp/accept-logs.ts';
import { acceptMetrics } from '../../../ingest/otlp/accept-metrics.ts';
import { acceptSpans } from '../../../ingest/otlp/accept-spans.ts';
import { decodeJsonLogs } from '../../../ingest/otlp/json-logs.ts';
import { decodeJsonMetrics } from '../../../ingest/otlp/json-metrics.ts';
import { decodeJsonSpans } from '../../../ingest/otlp/json-spans.ts';
import { OTLP_LIMITS } from '../../../ingest/otlp/otlp-limits.ts';
import { createRecordSplitter } from '../../../ingest/otlp/record-splitter.ts';
import { describeRejections } from '../../../ingest/otlp/rejections.ts';
import { NOW } from '../../support/ingest-app.ts';
import {
  metricsRequest,
  nanos,
  sampleLogs,
  sampleMetrics,
  sampleSpans,
  span,
  TRACE,
  text,
} from '../../support/otlp-samples.ts';

const context = () => ({ receivedAt: NOW, retentionDays: 30, table: createCardinalityGuard<unknown>().table('org_1') });
const ids = { at: (index: number) => `id-${index}` };

function decoded<Value>(result: Value | string): Value {
  if (typeof result === 'string') throw new Error(result);
  return result;
}

const accept = (request: unknown) => acceptMetrics(decoded(decodeJsonMetrics(request)), context());
const gauge = (point: object, name = 'm') => ({
  name,
  gauge: { dataPoints: [{ timeUnixNano: nanos(NOW), asDouble: 1, ...point }] },
});

describe('metrics', () => {
  const { records, services, rejections } = accept(sampleMetrics);
  const byName = new Map(records.flat().map((series) => [series.metric, series]));
  const startAt = NOW - 60_000;

  it('keep the service, the labels worth keeping of the resource, and the attributes of the point as text', () => {
    expect(byName.get('memory')).toEqual({
      ...{ service: 'checkout', metric: 'memory', unit: 'By', kind: 'gauge', unrolled: [], histograms: [] },
      labels: { 'host.name': 'node-1', pool: 'heap' },
      points: [{ at: NOW, value: 12.5, startAt: 0 }],
    });
    expect(byName.get('requests')?.labels).toEqual({ 'host.name': 'node-1', status: '200' });
    expect([...services]).toEqual(['checkout']);
    expect(rejections.count).toBe(0);
  });

  it('tell totals, increases and levels apart', () => {
    expect(byName.get('requests')).toMatchObject({ kind: 'cumulative', points: [{ at: NOW, value: 42, startAt }] });
    expect(byName.get('jobs')).toMatchObject({ kind: 'delta', points: [{ value: 3, startAt }] });
    expect(byName.get('queue')).toMatchObject({ kind: 'gauge', points: [{ value: -7, startAt: 0 }] });
  });

  it('keep histograms with their buckets, exponential ones with explicit bounds', () => {
    const { histograms = [], kind } = byName.get('latency') ?? {};
    expect({ kind, histograms }).toEqual({
      kind: 'cumulative',
      histograms: [{ at: NOW, startAt, sum: 75, min: 1, max: 31, bounds: [10, 20], counts: [3, 2, 1] }],
    });
    const [size] = byName.get('size')?.histograms ?? [];
    expect(size?.bounds).toEqual([-2, -1, -0.5, 0.5, 2, 4, 8, 16]);
    expect(size?.counts).toEqual([0, 1, 0, 1, 0, 2, 0, 3, 0]);
  });

  it('make a gauge of each quantile of a summary, and totals of its count and sum', () => {
    const parts = ['rpc.count', 'rpc.sum', 'rpc.p50', 'rpc.p99.9'].map((name) => byName.get(name));
    expect(parts.map((part) => [part?.kind, part?.unit, part?.points[0]?.value])).toEqual([
      ['cumulative', '1', 9],
      ['cumulative', 's', 4.5],
      ['gauge', 's', 0.4],
      ['gauge', 's', 2],
    ]);
  });

  it('without a service are of unknown_service, without a time of now', () => {
    const {
      records: [[series] = []],
    } = accept(metricsRequest([gauge({ timeUnixNano: undefined })], {}));
    expect(series).toMatchObject({ service: 'unknown_service', points: [{ at: NOW }] });
  });

  it('are rejected one by one, with the reasons counted', () => {
    const labels = (count: number, value = 'v') => ({
      attributes: Array.from({ length: count }, (_, n) => text(`l${n}`, value)),
    });
    const day = 86_400_000;
    const { records: kept, rejections: refused } = accept(
      metricsRequest(
        [
          gauge({}),
          gauge({ asDouble: 'NaN' }),
          gauge({ asDouble: undefined }),
          gauge({ timeUnixNano: nanos(NOW + OTLP_LIMITS.futureMs + 1) }),
          gauge({ timeUnixNano: nanos(NOW - 30 * day - 1) }),
          gauge(labels(OTLP_LIMITS.labels)),
          gauge(labels(OTLP_LIMITS.labels + 1)),
          gauge(labels(1, 'x'.repeat(OTLP_LIMITS.labelValueLength + 1))),
          gauge({}, ''),
          gauge({}, 'x'.repeat(OTLP_LIMITS.metricNameLength + 1)),
          gauge({}, 'logs.error'),
          { name: 'logs', summary: { dataPoints: [{ count: 1, sum: 2 }] } },
          { name: 's', sum: { dataPoints: [{ asDouble: 1 }] } },
          {
            name: 'h',
            histogram: { aggregationTemporality: 1, dataPoints: [{ bucketCounts: [1, 2], explicitBounds: [2, 1] }] },
          },
          { name: 'flagged', gauge: { dataPoints: [{ flags: 1 }] } },
        ],
        {},
      ),
    );
    expect(kept.flat()).toHaveLength(2);
    expect(describeRejections(refused)).toBe(
      '2 x not_finite; 1 x in_the_future; 1 x older_than_retention; 1 x too_many_labels; 1 x label_too_long; 1 x metric_name_missing; 1 x metric_name_too_long; 2 x metric_name_reserved; 1 x temporality_missing; 1 x bad_histogram',
    );
  });

  it('name the labels that have too many values for rollups', () => {
    const points = Array.from({ length: 1_001 }, (_, n) => gauge({ attributes: [text('user', `u${n}`)] }));
    const all = accept(metricsRequest(points, {})).records.flat();
    expect(all.map(({ unrolled }) => unrolled.length)).toEqual([...Array.from({ length: 1_000 }, () => 0), 1]);
  });
});

describe('log records', () => {
  const { records, services } = acceptLogs(decoded(decodeJsonLogs(sampleLogs)), { ...context(), ids });

  it('become log events, bodies that are no text as JSON', () => {
    expect([...services]).toEqual(['checkout']);
    expect(records.flat()).toEqual([
      {
        ...{ id: 'id-0', service: 'checkout', level: 'error', message: 'payment refused', at: NOW - 5 },
        ...{ traceId: TRACE, spanId: '051581bf3cb55c13' },
        metadata: { order: '7', tags: '["a",1]', 'host.name': 'node-1' },
      },
      {
        ...{
          id: 'id-1',
          service: 'checkout',
          level: 'warn',
          message: '{"n":1.5,"ok":true}',
          at: NOW,
          traceId: '',
          spanId: '',
        },
        metadata: { 'host.name': 'node-1' },
      },
      {
        ...{ id: 'id-2', service: 'checkout', level: 'info', message: 'exit', at: NOW, traceId: '', spanId: '' },
        metadata: { big: '9007199254740993', 'event.name': 'exit', 'host.name': 'node-1' },
      },
    ]);
  });

  it('have the level of their severity, else of its name', () => {
    const levels = [1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24].map((severity) =>
      levelOf({ severity, severityText: '' }),
    );
    expect(levels).toEqual([
      'debug',
      'debug',
      'debug',
      'debug',
      'info',
      'info',
      'warn',
      'warn',
      'error',
      'error',
      'fatal',
      'fatal',
    ]);
    expect(levelOf({ severity: 0, severityText: 'Critical' })).toBe('fatal');
    expect(levelOf({ severity: 0, severityText: 'constructor' })).toBe('info');
  });
});

describe('spans', () => {
  const acceptTraces = (spans: unknown) => acceptSpans(decoded(decodeJsonSpans(spans)), context());
  const { series, edges, services, rejections } = acceptTraces(sampleSpans);
  const valuesOf = (metric: string) =>
    series
      .flat()
      .filter((each) => each.metric === metric)
      .map((each) => [each.service, each.labels.operation, each.points.map(({ value }) => value)]);

  it('give each operation the time in which no child of it ran', () => {
    expect(valuesOf('span.self_time')).toEqual([
      ['web', 'page', [200]],
      ['web', 'call', [40]],
      ['checkout', 'GET /cart', [159.5]],
      ['checkout', 'SELECT', [100.5]],
    ]);
    expect(valuesOf('span.errors')).toEqual([['checkout', 'SELECT', [1]]]);
    expect([...services]).toEqual(['web', 'checkout']);
    expect(rejections.count).toBe(0);
  });

  it('give edges from parent links across services, and from what names the other side when only one is seen', () => {
    const at = NOW - 1_000 - ((NOW - 1_000) % 60_000);
    expect(edges.flat()).toEqual([
      { caller: 'web', callee: 'checkout', at, calls: 1, errors: 0, durationMs: 260 },
      { caller: 'checkout', callee: 'db-1', at, calls: 1, errors: 1, durationMs: 100.5 },
    ]);
  });

  it('count overlapping children once, and those that outlive their parent only within it', () => {
    const spans = [
      span('aaaaaaaaaaaaaaa1', [0, 100]),
      span('aaaaaaaaaaaaaaa2', [10, 50], { parentSpanId: 'aaaaaaaaaaaaaaa1', name: 'a' }),
      span('aaaaaaaaaaaaaaa3', [20, 40], { parentSpanId: 'aaaaaaaaaaaaaaa1', name: 'b' }),
      span('aaaaaaaaaaaaaaa4', [90, 900], { parentSpanId: 'aaaaaaaaaaaaaaa1', name: 'c' }),
    ];
    const [first] = acceptTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] }).series.flat();
    expect(first?.points[0]?.value).toBe(50);
  });

  it('are rejected without ids, or when they end before they begin', () => {
    const spans = [
      span('aa', [0, 1]),
      span('aaaaaaaaaaaaaaa1', [2, 1]),
      span('0000000000000000', [0, 1]),
      span('aaaaaaaaaaaaaaa2', [0, 1]),
    ];
    const accepted = acceptTraces({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    expect(describeRejections(accepted.rejections)).toBe('2 x bad_span_id; 1 x bad_span_times');
    expect(accepted.series.flat()).toHaveLength(1);
  });
});

describe('the records of a request', () => {
  const limits = { itemsPerRecord: 3, textPerRecord: 200, recordTextPerRequest: 1_000 };

  it('end by number and by text, where they would end if nothing were rejected', () => {
    const splitter = createRecordSplitter<number>(limits);
    for (const item of [1, undefined, 3, 4]) splitter.add(item, { text: 0 });
    splitter.add(5, { text: 150 });
    splitter.add(6, { text: 0, count: 3 });
    expect(splitter.records()).toEqual([[1, 3], [4], [5], [6]]);
  });

  it('are refused when they become too large together', () => {
    const splitter = createRecordSplitter<number>(limits);
    splitter.add(1, { text: 900 });
    expect(() => splitter.add(2, { text: 100 })).toThrow('too_many');
  });
});
