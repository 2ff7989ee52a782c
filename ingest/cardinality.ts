/** How many values a dimension may have within one series before rollups stop keeping them apart, and what may be remembered in all. */
export const CARDINALITY_LIMITS = {
  valuesPerDimension: 1_000,
  dimensionsPerSeries: 100,
  /** Bytes of what is remembered, estimated; the least recently used half is forgotten at that point. */
  rememberedBytes: 64 * 1024 * 1024,
} as const;

export type CardinalityLimits = { readonly [name in keyof typeof CARDINALITY_LIMITS]: number };

/** One capability and metric type of one tenant. */
export interface Series<Definition = unknown> {
  readonly capability: string;
  readonly metric: string;
  /** Values seen of each dimension that is rolled up, or was; empty from then on. */
  readonly values: Map<string, Set<string>>;
  /** Whatever the caller keeps with the series. */
  definition: Definition | undefined;
}

/** The series of one tenant, good for one request. */
export interface SeriesTable<Definition> {
  /** While it is the same object, `mayRoll` answers again what it answered before, for the same tenant and limits. */
  readonly epoch: object;
  /** The series, remembered from now on. */
  series(capability: string, metric: string): Series<Definition>;
  /** Counts a value and tells whether rollups may keep the dimension apart. A dimension that had too many values never again may, while it is remembered. */
  mayRoll(series: Series, dimension: string, value: string): boolean;
}

export interface CardinalityGuard<Definition> {
  /** `valuesPerDimension` of the tenant's plan, where that is lower than the limit; null: it has none. */
  table(tenant: string, valuesPerDimension?: number | null): SeriesTable<Definition>;
}

type Table<Definition> = Map<string, Map<string, Series<Definition>>>;

const bytesPerEntry = 96;
const bytesOf = (text: string): number => bytesPerEntry + 2 * text.length;

/**
 * Bounds the rollups by dimension: per series and dimension at most `valuesPerDimension` values are kept apart, then none. Belongs to one
 * process and forgets what was not used for long, so a dimension may start again after a restart; the decision is stamped on the event.
 */
export function createCardinalityGuard<Definition>(
  limits: CardinalityLimits = CARDINALITY_LIMITS,
): CardinalityGuard<Definition> {
  // Two generations instead of a list ordered by use: a look-up in the young one costs nothing extra.
  let young = new Map<string, Table<Definition>>();
  let old = new Map<string, Table<Definition>>();
  let bytes = 0;
  let epochs: Epochs = new Map();
  const grow = (by: number) => {
    bytes += by;
  };
  return {
    table(tenant, valuesPerDimension) {
      if (bytes > limits.rememberedBytes / 2) {
        old = young;
        young = new Map();
        epochs = new Map();
        bytes = 0;
      }
      const known = old.get(tenant);
      const applied = lowered(limits, valuesPerDimension);
      return createSeriesTable({
        limits: applied,
        grow,
        epochOf: (isNew) => epochOf(epochs, { tenant, limit: applied.valuesPerDimension, isNew }),
        current: entry(young, tenant, newMap<string, Map<string, Series<Definition>>>),
        previous: known,
      });
    },
  };
}

interface Epoch {
  limit: number;
}

/** The last of each tenant. */
type Epochs = Map<string, Epoch>;

function epochOf(epochs: Epochs, { tenant, limit, isNew }: { tenant: string; limit: number; isNew: boolean }): Epoch {
  const last = epochs.get(tenant);
  if (last !== undefined && last.limit === limit && !isNew) return last;
  const epoch = { limit };
  epochs.set(tenant, epoch);
  return epoch;
}

function lowered(limits: CardinalityLimits, valuesPerDimension: number | null = null): CardinalityLimits {
  if (valuesPerDimension === null || valuesPerDimension >= limits.valuesPerDimension) return limits;
  return { ...limits, valuesPerDimension };
}

interface TableParts<Definition> {
  limits: CardinalityLimits;
  grow: (bytes: number) => void;
  epochOf: (isNew: boolean) => Epoch;
  current: Table<Definition>;
  previous: Table<Definition> | undefined;
}

function createSeriesTable<Definition>(parts: TableParts<Definition>): SeriesTable<Definition> {
  const { limits, grow, epochOf, current, previous } = parts;
  const remember = (capability: string, metric: string) => {
    const kept = previous?.get(capability)?.get(metric);
    const series = kept ?? { capability, metric, values: new Map<string, Set<string>>(), definition: undefined };
    entry(current, capability, newMap).set(metric, series);
    grow(sizeOf(series));
    return series;
  };
  return {
    get epoch() {
      return epochOf(false);
    },
    series: (capability, metric) => current.get(capability)?.get(metric) ?? remember(capability, metric),
    mayRoll(series, dimension, value) {
      let values = series.values.get(dimension);
      if (values === undefined) {
        if (series.values.size >= limits.dimensionsPerSeries) return false;
        values = new Set();
        series.values.set(dimension, values);
        grow(bytesOf(dimension));
      }
      if (values === closed) return false;
      if (values.has(value)) return true;
      if (values.size >= limits.valuesPerDimension) {
        series.values.set(dimension, closed);
        epochOf(true);
        return false;
      }
      values.add(value);
      grow(bytesOf(value));
      return true;
    },
  };
}

/** Stands for a dimension that had too many values: nothing of it is remembered, and nothing is ever found in it. */
const closed: Set<string> = new Set();

function sizeOf(series: Series): number {
  let bytes = bytesOf(series.capability) + bytesOf(series.metric);
  for (const [name, values] of series.values) {
    bytes += bytesOf(name);
    for (const value of values) bytes += bytesOf(value);
  }
  return bytes;
}

const newMap = <Key, Value>(): Map<Key, Value> => new Map();

function entry<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}
