import type { SeriesTable } from '../cardinality.ts';

export interface LabelledSeries {
  service: string;
  metric: string;
  labels: Readonly<Record<string, string>>;
}

const none: string[] = [];

/** Names of the labels that have too many values to be kept apart in rollups; counts the values of this series. Replaced, never changed in place. */
export function unrolledLabels(table: SeriesTable<unknown>, { service, metric, labels }: LabelledSeries): string[] {
  const series = table.series(service, metric);
  let unrolled = none;
  for (const name in labels) {
    const value = labels[name] ?? '';
    if (series.values.get(name)?.has(value) !== true && !table.mayRoll(series, name, value)) {
      unrolled = [...unrolled, name];
    }
  }
  return unrolled;
}
