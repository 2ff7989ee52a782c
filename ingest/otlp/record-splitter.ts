import { OTLP_LIMITS } from './otlp-limits.ts';
import { OtlpDefectError } from './otlp-model.ts';

/** Items of a request, cut into records. */
export interface RecordSplitter<Item> {
  /**
   * Adds an item with so much text and so many points (one when absent); undefined for one that was rejected. It takes its room all the same: where a record ends must not
   * depend on the clock, or a repeat of the request would be cut otherwise than the request was. OtlpDefectError `too_many` when the
   * records of the request become too large together.
   */
  add(item: Item | undefined, size: { text: number; count?: number }): void;
  /** Every record in its place; those without an item are empty. */
  records(): Item[][];
}

/** What an item takes beside its texts. */
const itemText = 32;

export function createRecordSplitter<Item>(limits: SplitLimits = OTLP_LIMITS): RecordSplitter<Item> {
  const records: Item[][] = [];
  let current: Item[] = [];
  // Full, so that the first item opens the first record.
  let count: number = limits.itemsPerRecord;
  let text = 0;
  let total = 0;
  return {
    add(item, { text: ownText, count: ownCount = 1 }) {
      const size = ownText + itemText;
      total += size;
      if (total > limits.recordTextPerRequest) throw new OtlpDefectError('too_many');
      if (count + ownCount > limits.itemsPerRecord || text + size > limits.textPerRecord) {
        current = [];
        records.push(current);
        [count, text] = [0, 0];
      }
      count += ownCount;
      text += size;
      if (item !== undefined) current.push(item);
    },
    records: () => records,
  };
}

export type SplitLimits = Pick<
  { [name in keyof typeof OTLP_LIMITS]: number },
  'itemsPerRecord' | 'textPerRecord' | 'recordTextPerRequest'
>;
