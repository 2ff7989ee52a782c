import type { FromAvro } from '../avro.ts';
import { BATCH_HEAD_FIELDS } from './batch-head.ts';

/**
 * One record of `tidemark.metrics.v1`: the telemetry points of one request, all of one tenant, series by series.
 * Times are milliseconds since the epoch, UTC.
 */
export const METRIC_BATCH_SCHEMA = {
  type: 'record',
  name: 'MetricBatch',
  namespace: 'tidemark.metrics.v1',
  fields: [
    ...BATCH_HEAD_FIELDS,
    {
      name: 'series',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'MetricSeries',
          fields: [
            { name: 'service', type: 'string' },
            { name: 'metric', type: 'string' },
            { name: 'unit', type: 'string', default: '', doc: 'empty: unknown' },
            {
              name: 'kind',
              type: { type: 'enum', name: 'MetricKind', symbols: ['gauge', 'delta', 'cumulative'] },
              default: 'gauge',
              doc: 'gauge: a value at a time; delta: an increase since the point before; cumulative: a total since a start',
            },
            { name: 'labels', type: { type: 'map', values: 'string' }, default: {} },
            {
              name: 'unrolled',
              type: { type: 'array', items: 'string' },
              default: [],
              doc: 'names of labels with too many values to be kept apart in rollups',
            },
            {
              name: 'points',
              type: {
                type: 'array',
                items: {
                  type: 'record',
                  name: 'MetricPoint',
                  fields: [
                    { name: 'at', type: 'long' },
                    { name: 'value', type: 'double' },
                    { name: 'startAt', type: 'long', default: 0, doc: 'of a cumulative total, 0: unknown' },
                  ],
                },
              },
              default: [],
            },
            {
              name: 'histograms',
              type: {
                type: 'array',
                items: {
                  type: 'record',
                  name: 'HistogramPoint',
                  fields: [
                    { name: 'at', type: 'long' },
                    { name: 'startAt', type: 'long', default: 0, doc: 'of cumulative counts, 0: unknown' },
                    { name: 'sum', type: ['null', 'double'], default: null },
                    { name: 'min', type: ['null', 'double'], default: null },
                    { name: 'max', type: ['null', 'double'], default: null },
                    { name: 'bounds', type: { type: 'array', items: 'double' }, doc: 'upper, inclusive, ascending' },
                    { name: 'counts', type: { type: 'array', items: 'double' }, doc: 'one more than bounds' },
                  ],
                },
              },
              default: [],
            },
          ],
        },
      },
    },
  ],
} as const;

export type MetricBatch = FromAvro<typeof METRIC_BATCH_SCHEMA>;
export type MetricSeries = MetricBatch['series'][number];
export type MetricPoint = MetricSeries['points'][number];
export type HistogramPoint = MetricSeries['histograms'][number];
