import { namesOf, type Series, type SeriesNames, seriesName } from './series.ts';

/** So many series are found at once; the others are looked up by name again. */
export const MAX_INDEXED_SERIES = 200_000;

/** A series, and the state each processor has of it. */
export interface IndexedSeries<Entry> extends Series {
  /** By the processor's number. */
  readonly entries: (Entry | undefined)[];
}

/** By tenant, subject and metric. */
type SeriesMap<Entry> = Map<string, Map<string, Map<string, IndexedSeries<Entry>>>>;

/** Finds the series of measurements without making their names: once for all processors. What it holds is a copy of what they know. */
export class SeriesIndex<Entry> {
  readonly #partition: number;
  readonly #processors: number;
  readonly #capabilities: SeriesMap<Entry> = new Map();
  readonly #services: SeriesMap<Entry> = new Map();
  #size = 0;

  /** `processors`: how many there are. */
  constructor({ partition, processors }: { partition: number; processors: number }) {
    this.#partition = partition;
    this.#processors = processors;
  }

  of(names: SeriesNames & { tenant: string }): IndexedSeries<Entry> {
    const metrics = this.#metricsOf(names);
    return metrics.get(names.metric) ?? this.#add(metrics, names, seriesName(names));
  }

  /** By the name of a series. */
  named(tenant: string, name: string): IndexedSeries<Entry> {
    const names = { tenant, ...namesOf(name) };
    const metrics = this.#metricsOf(names);
    return metrics.get(names.metric) ?? this.#add(metrics, names, name);
  }

  #metricsOf({ tenant, subjectKind, subject }: SeriesNames & { tenant: string }): Map<string, IndexedSeries<Entry>> {
    const subjects = mapIn(subjectKind === 'service' ? this.#services : this.#capabilities, tenant);
    return mapIn(subjects, subject);
  }

  #add(
    metrics: Map<string, IndexedSeries<Entry>>,
    { tenant, subjectKind, subject, metric }: SeriesNames & { tenant: string },
    name: string,
  ): IndexedSeries<Entry> {
    const names = { tenant, subjectKind, subject, metric, name, partition: this.#partition };
    const series = { ...names, entries: new Array(this.#processors).fill(undefined) };
    if (this.#size === MAX_INDEXED_SERIES) {
      this.#capabilities.clear();
      this.#services.clear();
      this.#size = 0;
      return series;
    }
    metrics.set(metric, series);
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
