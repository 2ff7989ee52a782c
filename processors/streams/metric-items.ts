import type { HistogramPoint } from '../../schemas/telemetry/metric-batch.ts';
import type { SeriesItem } from '../../schemas/telemetry/metric-batch-reader.ts';
import { increaseSince, seriesId, totalOfHistogram, totalOfPoint } from './measure-series.ts';
import { type SeriesFacts, seriesIdOf } from './series-facts.ts';
import type { Totals } from './series-totals.ts';
import { type SpreadHistogram, spreadHistogram } from './spread-histogram.ts';

/** One point or histogram of a record. */
export type MetricItem = SeriesItem<SeriesFacts>;

/** What an item counts as. */
export interface Measured extends SpreadHistogram {
  /** Names a cumulative series, else 0. */
  series: number;
  /** A measurement, or the sum of those of a histogram; null: nothing. */
  value: number | null;
  carries: boolean;
}

interface Receipt {
  tenant: string;
  receivedAt: number;
}

const none: number[] = [];

/** What an item counts as, after all items before it: the totals are carried on. */
export function measure(item: MetricItem, receipt: Receipt, totals: Totals | undefined): Measured {
  const { series, histogram } = item;
  if (series.kind === 'cumulative') return measureTotal(item, receipt, totals);
  return histogram ? spread(histogram, histogram) : plain(item.value);
}

const plain = (value: number | null): Measured => ({ series: 0, value, samples: none, weights: none, carries: false });

function measureTotal(item: MetricItem, { tenant, receivedAt }: Receipt, totals: Totals | undefined): Measured {
  const { series: facts, histogram } = item;
  const series = histogram ? seriesId(tenant, facts, histogram.bounds) : seriesIdOf(facts, tenant);
  const total = histogram ? totalOfHistogram(histogram) : totalOfPoint(item);
  const increase = increaseSince(totals?.last(series, { tenant, receivedAt }), total);
  const { value, carries } = increase;
  if (carries) totals?.put(series, { ...total, receivedAt });
  if (histogram === undefined) return { series, value, samples: none, weights: none, carries };
  const sum = histogram.sum === null ? null : value;
  // The extremes of a cumulative histogram are those since its start.
  const made = spread({ bounds: histogram.bounds, min: null, max: null, sum }, increase);
  return { ...made, series, value: value === null ? null : made.value, carries };
}

type Shape = Pick<HistogramPoint, 'bounds' | 'min' | 'max' | 'sum'>;

/** Without a sum it is that of the samples. */
function spread(shape: Shape, { counts }: { counts: readonly number[] }): Measured {
  const { samples, weights } = spreadHistogram(shape, counts);
  const estimate = samples.reduce((sum, sample, index) => sum + sample * (weights[index] ?? 0), 0);
  return { series: 0, value: shape.sum ?? estimate, samples, weights, carries: false };
}
