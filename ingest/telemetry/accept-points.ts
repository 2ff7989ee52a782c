import type { IncomingPoint } from '../../schemas/api/telemetry.ts';
import type { MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { isReservedMetric, LOG_METRICS } from '../../schemas/telemetry/reserved-metrics.ts';
import { acceptDimensions } from '../accept-dimensions.ts';
import type { Series, SeriesTable } from '../cardinality.ts';
import {
  type AcceptContext,
  type Accepted,
  acceptAll,
  type ItemRun,
  report,
  serviceOf,
  startRun,
  timeOf,
} from './accept-item.ts';

export interface PointContext extends AcceptContext {
  table: SeriesTable<unknown>;
}

/** The points of one request as they go into the log, each a gauge of its own. Their shape has been checked against IncomingPointSchema, or will be refused by it. */
export function acceptPoints(points: readonly IncomingPoint[], context: PointContext): Accepted<MetricSeries> {
  const run = { ...startRun(context), field: 'labels', table: context.table, unrolled: noNames };
  return acceptAll(run, points, ({ service, name, value, unit, timestamp, labels }) => {
    run.unrolled = noNames;
    const trimmed = serviceOf(run, service);
    const series = seriesOf(run, trimmed, name);
    const texts = acceptDimensions(run, labels, series);
    return {
      service: trimmed,
      metric: name,
      unit,
      kind: 'gauge' as const,
      labels: texts,
      unrolled: run.unrolled,
      points: [{ at: timeOf(run, timestamp), value: finiteOf(run, value), startAt: 0 }],
      histograms: noHistograms,
    };
  });
}

type Run = ItemRun & { table: SeriesTable<unknown> };

function seriesOf(run: Run, service: string, name: unknown): Series {
  if (typeof name !== 'string') return noSeries;
  if (!isReservedMetric(name)) return run.table.series(service, name);
  report(run, 'name', reservedIssue);
  return noSeries;
}

const reservedIssue = `must not begin with '${LOG_METRICS}': such metrics count the log events of a service`;

function finiteOf(run: ItemRun, value: unknown): number {
  if (typeof value !== 'number') return 0;
  if (!Number.isFinite(value)) report(run, 'value', 'must be a finite number');
  // Adding zero turns -0 into 0.
  return value + 0;
}

// Shared by all that have none; nothing changes them.
const noNames: string[] = [];
const noHistograms: MetricSeries['histograms'] = [];
const noSeries: Series = { capability: '', metric: '', values: new Map(), definition: undefined };
