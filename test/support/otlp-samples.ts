import { NOW } from './ingest-app.ts';

/** Milliseconds as OTLP has them in JSON. */
export const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

export const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

export const TRACE = '5b8efff798038103d269b633813fc60c';
const checkout = {
  attributes: [text('service.name', 'checkout'), text('host.name', 'node-1'), text('os.type', 'linux')],
};
const web = { attributes: [text('service.name', 'web')] };
const at = { startTimeUnixNano: nanos(NOW - 60_000), timeUnixNano: nanos(NOW) };

/** One resource with the metrics, checkout unless another is given. */
export const metricsRequest = (metrics: unknown[], resource: unknown = checkout) => ({
  resourceMetrics: [{ resource, scopeMetrics: [{ scope: { name: 'meter' }, metrics }] }],
});

/** A metric of each kind. */
export const sampleMetrics = metricsRequest([
  {
    name: 'memory',
    unit: 'By',
    gauge: { dataPoints: [{ ...at, asDouble: 12.5, attributes: [text('pool', 'heap')] }] },
  },
  {
    name: 'requests',
    description: 'served',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [{ ...at, asInt: '42', attributes: [{ key: 'status', value: { intValue: '200' } }] }],
    },
  },
  { name: 'jobs', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...at, asInt: '3' }] } },
  { name: 'queue', sum: { aggregationTemporality: 2, isMonotonic: false, dataPoints: [{ ...at, asInt: '-7' }] } },
  {
    name: 'latency',
    unit: 'ms',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        { ...at, count: '6', sum: 75, min: 1, max: 31, explicitBounds: [10, 20], bucketCounts: ['3', '2', '1'] },
      ],
    },
  },
  {
    name: 'size',
    exponentialHistogram: {
      aggregationTemporality: 1,
      dataPoints: [
        {
          ...at,
          ...{ count: '7', sum: 20, scale: 0, zeroCount: '1', zeroThreshold: 0.5 },
          ...{ positive: { offset: 1, bucketCounts: ['2', '0', '3'] }, negative: { offset: 0, bucketCounts: ['1'] } },
        },
      ],
    },
  },
  {
    name: 'rpc',
    unit: 's',
    summary: {
      dataPoints: [
        {
          ...at,
          count: '9',
          sum: 4.5,
          quantileValues: [
            { quantile: 0.5, value: 0.4 },
            { quantile: 0.999, value: 2 },
          ],
        },
      ],
    },
  },
]);

export const sampleLogs = {
  resourceLogs: [
    {
      resource: checkout,
      scopeLogs: [
        {
          scope: { name: 'logger' },
          logRecords: [
            {
              timeUnixNano: nanos(NOW - 5),
              severityNumber: 17,
              body: { stringValue: 'payment refused' },
              attributes: [
                text('order', '7'),
                { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '1' }] } } },
              ],
              traceId: TRACE,
              spanId: '051581bf3cb55c13',
            },
            {
              observedTimeUnixNano: nanos(NOW),
              severityText: 'WARN',
              body: {
                kvlistValue: {
                  values: [
                    { key: 'n', value: { doubleValue: 1.5 } },
                    { key: 'ok', value: { boolValue: true } },
                  ],
                },
              },
            },
            { eventName: 'exit', attributes: [{ key: 'big', value: { intValue: '9007199254740993' } }] },
          ],
        },
      ],
    },
  ],
};

/** One span as JSON; `from` and `to` are milliseconds after NOW - 1,000. */
export const span = (spanId: string, [from, to]: readonly [number, number], fields: object = {}) => ({
  traceId: TRACE,
  spanId,
  name: 'GET /cart',
  kind: 2,
  startTimeUnixNano: nanos(NOW - 1_000 + from),
  endTimeUnixNano: nanos(NOW - 1_000 + to),
  ...fields,
});

/** web calls checkout, which calls a database that does not speak OTLP and fails. */
export const sampleSpans = {
  resourceSpans: [
    {
      resource: web,
      scopeSpans: [
        {
          spans: [
            span('aaaaaaaaaaaaaaa1', [0, 500], { name: 'page' }),
            span('aaaaaaaaaaaaaaa2', [100, 400], { name: 'call', kind: 3, parentSpanId: 'aaaaaaaaaaaaaaa1' }),
          ],
        },
      ],
    },
    {
      resource: checkout,
      scopeSpans: [
        {
          spans: [
            span('bbbbbbbbbbbbbbb1', [120, 380], { parentSpanId: 'aaaaaaaaaaaaaaa2' }),
            span('bbbbbbbbbbbbbbb2', [200, 300.5], {
              ...{ name: 'SELECT', kind: 3, parentSpanId: 'bbbbbbbbbbbbbbb1', status: { code: 2 } },
              attributes: [text('db.system', 'postgresql'), text('server.address', 'db-1')],
            }),
          ],
        },
      ],
    },
  ],
};
