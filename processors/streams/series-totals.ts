/** The last total of a cumulative series. Times are milliseconds since the epoch. */
export interface SeriesTotal {
  at: number;
  /** 0: unknown. */
  startAt: number;
  value: number;
  /** Of a histogram, by bucket; else empty. */
  counts: readonly number[];
  /** When ingest accepted it. */
  receivedAt: number;
}

/** Series of one tenant whose total at a position is not known here. */
export interface TotalLookup {
  tenant: string;
  series: number[];
  /** What was received before does not count. */
  receivedFrom: number;
}

/** By series. */
export type EarlierTotals = ReadonlyMap<number, SeriesTotal>;

/** A series that was silent for longer begins anew. */
export const TOTAL_HORIZON_MS = 86_400_000;
/** Totals a partition keeps in memory, about 150 bytes each; others are looked up again. */
export const MAX_KEPT_TOTALS = 50_000;

/** What a cumulative series went on from, as far as the items have come. */
export interface Totals {
  /** The last total of a series; undefined when there is none. */
  last(series: number, receipt: { tenant: string; receivedAt: number }): SeriesTotal | undefined;
  put(series: number, total: SeriesTotal): void;
}

type KnownTotals = ReadonlyMap<number, SeriesTotal | undefined>;

/** The totals before one range and those after it, as far as its items have come. */
export class RangeTotals implements Totals {
  /** Series nobody knows the total of, with the earliest receipt that asked; by tenant. */
  readonly unknown = new Map<string, { series: Set<number>; receivedFrom: number }>();
  readonly #known: KnownTotals;
  readonly #before = new Map<number, SeriesTotal | undefined>();
  readonly #after = new Map<number, SeriesTotal>();

  constructor(known: KnownTotals) {
    this.#known = known;
  }

  /** The last total of a series; undefined when there is none, or it is unknown, which is noted. */
  last(series: number, { tenant, receivedAt }: { tenant: string; receivedAt: number }): SeriesTotal | undefined {
    const total = this.#after.get(series) ?? this.#before.get(series) ?? this.#known.get(series);
    if (total === undefined && !this.#known.has(series)) this.#note(series, tenant, receivedAt - TOTAL_HORIZON_MS);
    if (!this.#before.has(series)) this.#before.set(series, total);
    return total !== undefined && receivedAt - total.receivedAt <= TOTAL_HORIZON_MS ? total : undefined;
  }

  put(series: number, total: SeriesTotal): void {
    this.#after.set(series, total);
  }

  get changed(): ReadonlyMap<number, SeriesTotal> {
    return this.#after;
  }

  /** The same range once more, from its beginning. */
  again(): RangeTotals {
    return new RangeTotals(this.#before);
  }

  get lookups(): TotalLookup[] {
    return [...this.unknown].map(([tenant, { series, receivedFrom }]) => ({
      tenant,
      series: [...series],
      receivedFrom,
    }));
  }

  #note(series: number, tenant: string, receivedFrom: number): void {
    const noted = this.unknown.get(tenant) ?? { series: new Set(), receivedFrom };
    this.unknown.set(tenant, noted);
    noted.series.add(series);
    noted.receivedFrom = Math.min(noted.receivedFrom, receivedFrom);
  }
}

/** What a partition remembers of its series, up to the last range that was prepared. The oldest are forgotten first. */
export class SeriesMemory {
  readonly #totals = new Map<number, SeriesTotal | undefined>();
  readonly #max: number;

  constructor(max = MAX_KEPT_TOTALS) {
    this.#max = max;
  }

  get size(): number {
    return this.#totals.size;
  }

  begin(): RangeTotals {
    return new RangeTotals(this.#totals);
  }

  /** Takes what was found at the end of what is remembered; a series that was asked for and not found has no total. */
  learn(lookups: readonly TotalLookup[], found: EarlierTotals): void {
    for (const { series } of lookups) for (const one of series) this.#totals.set(one, found.get(one));
  }

  /** Goes on from the end of a range. */
  advance(range: RangeTotals): void {
    for (const [series, total] of range.changed) {
      this.#totals.delete(series);
      this.#totals.set(series, total);
    }
    for (const series of this.#totals.keys()) {
      if (this.#totals.size <= this.#max) return;
      this.#totals.delete(series);
    }
  }
}
