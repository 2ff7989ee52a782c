import type { LogRecord } from '../platform/log-store/log-store.ts';
import { type EarlierIds, idsToLookUp } from './duplicates.ts';
import { batchesOf, decodedOf, type PreparedRange, type PrepareInput, prepareRange } from './prepare-range.ts';
import type { RowSink } from './sink.ts';
import { SeriesMemory } from './streams/series-totals.ts';
import type { AnyFold, AnyStream } from './streams/stream.ts';
import type { EventTime } from './watermark.ts';

export interface RangePreparerDeps {
  stream: AnyStream;
  fold: AnyFold;
  topic: string;
  partition: number;
  sink: Pick<RowSink, 'findEarlierIds' | 'findEarlierTotals'>;
  /** Resolves when the ranges before are stored: what is looked up may be in them. */
  settled(): Promise<void>;
  /** Does the work, again and again where that may help. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
}

/** Prepares the ranges of one partition in their order, and looks up what they need to know of the records before them. */
export class RangePreparer {
  readonly #deps: RangePreparerDeps;
  readonly #memory: SeriesMemory | undefined;

  constructor(deps: RangePreparerDeps) {
    this.#deps = deps;
    this.#memory = deps.stream.carriesTotals ? new SeriesMemory() : undefined;
  }

  async prepare(records: readonly LogRecord[], eventTime: EventTime): Promise<PreparedRange> {
    const { stream, fold, topic, partition } = this.#deps;
    const input = { stream, fold, topic, partition, records, eventTime };
    return this.#tryWith(input) ?? (await this.#lookBack(input));
  }

  /** Undefined when something has to be looked up first. */
  #tryWith(
    input: Omit<PrepareInput, 'totals'>,
    onUnknown?: (lookups: TotalLookups) => void,
  ): PreparedRange | undefined {
    const totals = this.#memory?.begin();
    const prepared = prepareRange(totals === undefined ? input : { ...input, totals });
    if (prepared === undefined) onUnknown?.(totals?.lookups ?? []);
    else if (totals !== undefined) this.#memory?.advance(totals);
    return prepared;
  }

  async #lookBack(input: Omit<PrepareInput, 'totals'>): Promise<PreparedRange> {
    const { stream, sink, partition, settled, attempt } = this.#deps;
    await settled();
    const first = input.records[0]?.offset ?? 0;
    // Points are many and small: decoded all at once they would be ten times their bytes.
    const decoded = this.#memory === undefined ? [...decodedOf(input.records, stream.decode)] : undefined;
    const heads = decoded ?? decodedOf(input.records, stream.decodeHead ?? stream.decode);
    const earlier = await this.#findEarlierIds(heads, first);
    const known = { ...input, earlier, ...(decoded === undefined ? {} : { decoded }) };
    let lookups: TotalLookups = [];
    const prepared = this.#tryWith(known, (unknown) => (lookups = unknown));
    if (prepared !== undefined) return prepared;
    this.#memory?.learn(lookups, await attempt(() => sink.findEarlierTotals(partition, first, lookups)));
    const again = this.#tryWith(known);
    if (again === undefined) throw new Error('a range still needs what was looked up');
    return again;
  }

  async #findEarlierIds(decoded: Parameters<typeof batchesOf>[0], first: number): Promise<EarlierIds> {
    const { stream, sink, partition, attempt } = this.#deps;
    const table = stream.tables.ids;
    const lookups = idsToLookUp(batchesOf(decoded)).map((lookup) => ({ ...lookup, table }));
    if (lookups.length === 0) return new Map();
    return attempt(() => sink.findEarlierIds(partition, first, lookups));
  }
}

type TotalLookups = Parameters<RowSink['findEarlierTotals']>[2];
