import type { Measurement } from '../processor.ts';
import { seriesName } from './series-name.ts';

/** So many series are found at once; the others are looked up by name again. */
export const MAX_INDEXED_SERIES = 200_000;

/** A series, and the state each processor has of it. */
export interface IndexedSeries<Entry> {
  readonly name: string;
  /** By the processor's number. */
  readonly entries: (Entry | undefined)[];
}

/** By tenant, subject and metric. */
type SeriesMap<Entry> = Map<string, Map<string, Map<string, IndexedSeries<Entry>>>>;

/** Finds the series of measurements without making their names: once for all processors. What it holds is a copy of what they know. */
export class SeriesIndex<Entry> {
  readonly #capabilities: SeriesMap<Entry> = new Map();
  readonly #services: SeriesMap<Entry> = new Map();
  #size = 0;

  of(measurement: Measurement): IndexedSeries<Entry> {
    const { tenant, subjectKind, subject, metric } = measurement;
    const subjects = mapIn(subjectKind === 'service' ? this.#services : this.#capabilities, tenant);
    const metrics = mapIn(subjects, subject);
    return metrics.get(metric) ?? this.#add(metrics, measurement);
  }

  #add(metrics: Map<string, IndexedSeries<Entry>>, measurement: Measurement): IndexedSeries<Entry> {
    const series: IndexedSeries<Entry> = { name: seriesName(measurement), entries: [] };
    if (this.#size === MAX_INDEXED_SERIES) {
      this.#capabilities.clear();
      this.#services.clear();
      this.#size = 0;
      return series;
    }
    metrics.set(measurement.metric, series);
    this.#size += 1;
    return series;
  }
}

function mapIn<Value>(maps: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  let map = maps.get(name);
  if (map === undefined) {
    map = new Map();
    maps.set(name, map);
  }
  return map;
}
