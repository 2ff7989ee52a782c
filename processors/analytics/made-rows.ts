import type { TableBlock } from '../fold.ts';
import { encodeBlock } from '../native/block.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import type { RowColumns } from '../processor.ts';
import type { Outbox } from './outbox.ts';
import type { AnyStatefulProcessor } from './stateful-processor.ts';

const scratch = new ByteBuffer();

/** The rows that a processor made until they are taken to be stored; what they say beside their table goes to the outbox. */
export class MadeRows {
  count = 0;
  readonly #processor: AnyStatefulProcessor;
  readonly #outbox: Outbox;
  readonly #columns: RowColumns<unknown>;

  constructor(processor: AnyStatefulProcessor, outbox: Outbox) {
    this.#processor = processor;
    this.#outbox = outbox;
    this.#columns = processor.createColumns();
  }

  add(rows: readonly unknown[]): void {
    for (const row of rows) this.#addRow(row);
    this.count += rows.length;
  }

  /** The rows since the last call; undefined when there are none. */
  takeBlock(): TableBlock | undefined {
    const { count: rows } = this;
    if (rows === 0) return undefined;
    const { columns } = this.#columns;
    const body = encodeBlock({ columns, rows, scratch });
    for (const column of Object.values(columns)) column.clear();
    this.count = 0;
    return { table: this.#processor.table, columns: Object.keys(columns), rows, body };
  }

  #addRow(row: unknown): void {
    const processor = this.#processor;
    this.#columns.push(row);
    const signal = processor.toSignal?.(row);
    if (signal !== undefined) this.#outbox.addSignal(signal);
    const event = processor.toEvent?.(row);
    if (event !== undefined) this.#outbox.addEvent(event);
  }
}
