import { createMetricBatchReader, readMetricBatchHead } from '../../schemas/telemetry/metric-batch-reader.ts';
import { TOPICS } from '../../schemas/topics.ts';
import {
  BoolColumn,
  DateTime64Column,
  Float64Column,
  NullableFloat64Column,
  StringColumn,
  UInt64Column,
} from '../native/columns.ts';
import { EnumColumn } from '../native/enum-column.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { ArrayColumn, MapColumn } from '../native/nested-columns.ts';
import { pointRollups } from '../rollups.ts';
import { toStreamBatch } from './decode-batch.ts';
import { batchIds, createEnvelopeColumns } from './envelope-columns.ts';
import { type Measured, type MetricItem, measure } from './metric-items.ts';
import { createRowFold, type ItemColumns } from './row-fold.ts';
import { createDescribeSeries, type SeriesFacts } from './series-facts.ts';
import type { FedTable, Stream, StreamBatch } from './stream.ts';

const { ids, fed } = batchIds('metrics');
const none: number[] = [];
const totalColumns = 'tenant, series, at, start_at, value, counts, received_at, log_partition, log_offset, log_index';
const totals: FedTable = {
  table: 'series_totals',
  columns: totalColumns,
  select: totalColumns,
  where: 'carries',
  keys: 'tenant, log_offset, log_index',
};

/** What is remembered of series between records, in the archive and in the stateful processors together. */
const rememberedBytes = 128 * 1024 * 1024;
const read = createMetricBatchReader({ describe: createDescribeSeries(), maxBytes: rememberedBytes });

/** Telemetry points and histograms: rows of `points`, and what they measure as a metric of their service. */
export const metrics: Stream<StreamBatch<MetricItem>> = {
  topic: TOPICS.metrics,
  decode(bytes) {
    const batch = read(bytes);
    return typeof batch === 'string' ? batch : toStreamBatch(batch, batch.items);
  },
  decodeHead(bytes) {
    const head = readMetricBatchHead(bytes);
    return head === undefined ? metrics.decode(bytes) : toStreamBatch(head, []);
  },
  createFold: () =>
    createRowFold({ table: 'points', createColumns, make: (row, last) => measure(row.item, row.batch, last) }),
  carriesTotals: true,
  tables: { table: 'points', replaces: false, ids, fed: [fed, totals], rollups: pointRollups },
};

function createColumns(): ItemColumns<MetricItem, Measured> {
  const envelope = createEnvelopeColumns();
  const named = createSeriesColumns();
  const own = {
    series: new UInt64Column(),
    at: new DateTime64Column(),
    start_at: new DateTime64Column(),
    value: new Float64Column(),
    measured: new NullableFloat64Column(),
    bounds: new ArrayColumn(new Float64Column()),
    counts: new ArrayColumn(new Float64Column()),
    samples: new ArrayColumn(new Float64Column()),
    weights: new ArrayColumn(new UInt64Column()),
    carries: new BoolColumn(),
  };
  return {
    columns: { ...named.columns, ...own, ...envelope.columns },
    push(row, measured) {
      const { at, startAt, value, histogram } = row.item;
      named.push(row.batch.tenant, row.item.series);
      own.series.push(measured.series);
      own.at.push(at);
      own.start_at.push(startAt);
      own.value.push(value);
      own.measured.push(measured.value);
      own.bounds.push(histogram?.bounds ?? none);
      own.counts.push(histogram?.counts ?? none);
      own.samples.push(measured.samples);
      own.weights.push(measured.weights);
      own.carries.push(measured.carries);
      envelope.push(row);
    },
  };
}

function createSeriesColumns() {
  const columns = {
    tenant: new LowCardinalityColumn(),
    service: new LowCardinalityColumn(),
    metric: new LowCardinalityColumn(),
    unit: new LowCardinalityColumn(),
    kind: new EnumColumn(['gauge', 'delta', 'cumulative']),
    labels: new MapColumn(new LowCardinalityColumn(), new StringColumn()),
    unrolled: new ArrayColumn(new LowCardinalityColumn()),
  };
  const push = (tenant: string, series: SeriesFacts): void => {
    columns.tenant.push(tenant);
    columns.service.push(series.service);
    columns.metric.push(series.metric);
    columns.unit.push(series.unit);
    columns.kind.push(series.kind);
    columns.labels.pushWritten(series.names, series.values);
    columns.unrolled.push(series.unrolled);
  };
  return { columns, push };
}
