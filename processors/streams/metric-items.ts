import type { HistogramPoint, MetricBatch, MetricPoint, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { increaseSince, seriesId, totalOfHistogram, totalOfPoint } from './measure-series.ts';
import type { Totals } from './series-totals.ts';
import { type SpreadHistogram, spreadHistogram } from './spread-histogram.ts';

/** One point or histogram of a record. */
export interface MetricItem {
  at: number;
  series: MetricSeries;
  /** Of a cumulative series, else 0. */
  seriesId: number;
  point: MetricPoint | undefined;
  histogram: HistogramPoint | undefined;
}

/** What an item counts as. */
export interface Measured extends SpreadHistogram {
  /** A measurement, or the sum of those of a histogram; null: nothing. */
  value: number | null;
  carries: boolean;
}

/** The items of a record in their order: series by series, points before histograms. */
export function itemsOf({ tenant, series }: MetricBatch): MetricItem[] {
  const items: MetricItem[] = [];
  for (const one of series) {
    const isCumulative = one.kind === 'cumulative';
    const id = isCumulative && one.points.length > 0 ? seriesId(tenant, one) : 0;
    for (const point of one.points)
      items.push({ at: point.at, series: one, seriesId: id, point, histogram: undefined });
    for (const histogram of one.histograms) {
      const histogramId = isCumulative ? seriesId(tenant, one, histogram.bounds) : 0;
      items.push({ at: histogram.at, series: one, seriesId: histogramId, point: undefined, histogram });
    }
  }
  return items;
}

/** What an item counts as, after all items before it: the totals are carried on. */
export function measure(
  item: MetricItem,
  receipt: { tenant: string; receivedAt: number },
  totals: Totals | undefined,
): Measured {
  const { series, histogram, point } = item;
  if (series.kind !== 'cumulative')
    return histogram ? spread(histogram, histogram) : plain(point?.value ?? null, false);
  const total = histogram ? totalOfHistogram(histogram) : totalOfPoint(point ?? { at: item.at, value: 0, startAt: 0 });
  const increase = increaseSince(totals?.last(item.seriesId, receipt), total);
  if (increase.carries) totals?.put(item.seriesId, { ...total, receivedAt: receipt.receivedAt });
  if (histogram === undefined) return plain(increase.value, increase.carries);
  const sum = histogram.sum === null ? null : increase.value;
  // The extremes of a cumulative histogram are those since its start.
  const made = spread({ bounds: histogram.bounds, min: null, max: null, sum }, increase);
  return { ...made, value: increase.value === null ? null : made.value, carries: increase.carries };
}

const plain = (value: number | null, carries: boolean): Measured => ({ value, samples: [], weights: [], carries });

type Shape = Pick<HistogramPoint, 'bounds' | 'min' | 'max' | 'sum'>;

/** Without a sum it is that of the samples. */
function spread(shape: Shape, { counts }: { counts: readonly number[] }): Measured {
  const { samples, weights } = spreadHistogram(shape, counts);
  const estimate = samples.reduce((sum, sample, index) => sum + sample * (weights[index] ?? 0), 0);
  return { value: shape.sum ?? estimate, samples, weights, carries: false };
}
