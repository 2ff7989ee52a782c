import { DUPLICATE_WINDOW_MS, type EarlierIds, type IdLookup } from '../../processors/duplicates.ts';
import type { TableBlock } from '../../processors/fold.ts';
import { StringColumn, UInt64Column } from '../../processors/native/columns.ts';
import type { Measurement, Processor } from '../../processors/processor.ts';
import { type RangeRows, type RowSink, SinkUnavailableError } from '../../processors/sink.ts';
import type { EarlierTotals } from '../../processors/streams/series-totals.ts';

/** What the next call of `insert` or `reconcile` does instead of succeeding. */
export type Fault = 'refuse' | 'lose_answer' | 'hang' | 'store_and_hang';

interface StoredRow {
  partition: number;
  offset: number;
  index: number;
  id: string;
  receivedAt: number;
}

/** Writes where each measurement comes from, in columns a test can read back. */
export const positions: Processor<undefined, Measurement> = {
  name: 'positions',
  table: 'positions',
  key: () => '',
  init: () => undefined,
  onMeasurement: (_state, measurement) => [measurement],
  createColumns() {
    const columns = {
      partition: new UInt64Column(),
      offset: new UInt64Column(),
      index: new UInt64Column(),
      receivedAt: new UInt64Column(),
      id: new StringColumn(),
    };
    return {
      columns,
      push(measurement) {
        columns.partition.push(measurement.partition);
        columns.offset.push(measurement.offset);
        columns.index.push(measurement.index);
        columns.receivedAt.push(measurement.receivedAt);
        columns.id.push(measurement.eventId);
      },
    };
  },
};

/** The sink's in-memory twin: stores rows of `positions`, knows tokens, fails on demand. */
export class MemorySink implements RowSink {
  readonly rows: StoredRow[] = [];
  readonly faults: Fault[] = [];
  readonly calls: string[] = [];
  readonly #tokens = new Set<string>();

  async insert(range: RangeRows): Promise<void> {
    this.calls.push(`insert ${range.token}`);
    await this.#withFault(() => {
      if (!this.#tokens.has(range.token)) this.#add(range.blocks);
      this.#tokens.add(range.token);
    });
  }

  async reconcile(range: RangeRows, confirm: () => Promise<void>): Promise<void> {
    this.calls.push(`reconcile ${range.token}`);
    await confirm();
    await this.#withFault(() => {
      const stored = new Map<number, Set<number>>();
      for (const { partition, offset, index } of this.rows) {
        if (partition !== range.partition || offset < range.first || offset > range.last) continue;
        stored.set(offset, (stored.get(offset) ?? new Set()).add(index));
      }
      this.#add(range.missing(stored, 0));
    });
  }

  async findEarlierTotals(): Promise<EarlierTotals> {
    return new Map();
  }

  async findEarlierIds(partition: number, first: number, lookups: readonly IdLookup[]): Promise<EarlierIds> {
    return new Map(
      lookups.map(({ tenant, ids, receivedFrom }) => {
        const isEarlier = (row: StoredRow) =>
          row.partition === partition && row.offset < first && row.receivedAt >= receivedFrom && ids.includes(row.id);
        return [tenant, new Map(this.rows.filter(isEarlier).map(({ id, receivedAt }) => [id, receivedAt]))];
      }),
    );
  }

  /** Ids of what is stored, sorted, repeats included. */
  get ids(): string[] {
    return this.rows.map(({ id }) => id).sort();
  }

  async #withFault(store: () => void): Promise<void> {
    const fault = this.faults.shift();
    if (fault === undefined || fault === 'lose_answer' || fault === 'store_and_hang') store();
    if (fault === 'hang' || fault === 'store_and_hang') await new Promise(() => undefined);
    if (fault !== undefined) throw new SinkUnavailableError(fault);
  }

  #add(blocks: readonly TableBlock[]): void {
    for (const block of blocks) this.rows.push(...readRows(block));
  }
}

export const dayMs = DUPLICATE_WINDOW_MS;

/** Reads a block of `positions`: four columns of UInt64 and one of strings shorter than 128 bytes. */
function readRows({ body, rows }: TableBlock): StoredRow[] {
  const buffer = Buffer.from(body);
  const take = { at: 2 };
  const text = () => {
    const end = take.at + 1 + (buffer[take.at] ?? 0);
    const value = buffer.toString('utf8', take.at + 1, end);
    take.at = end;
    return value;
  };
  if (rows > 127) take.at += 1;
  const number = () => {
    take.at += 8;
    return Number(buffer.readBigUInt64LE(take.at - 8));
  };
  const column = <T>(read: () => T) => {
    text();
    text();
    return Array.from({ length: rows }, read);
  };
  const [partition, offset, index, receivedAt] = [column(number), column(number), column(number), column(number)];
  const id = column(text);
  return id.map((value, row) => ({
    partition: partition[row] ?? 0,
    offset: offset[row] ?? 0,
    index: index[row] ?? 0,
    receivedAt: receivedAt[row] ?? 0,
    id: value,
  }));
}
