/** Records of a partition that are looked back upon. */
export const POISON_WINDOW = 10_000;
/** One percent of the window: more than this many records that cannot be read are no accident. */
export const MAX_POISON = POISON_WINDOW / 100;
/** So many one after the other are none either. */
export const MAX_POISON_IN_A_ROW = 100;

/** A partition holds so many records that cannot be read that the reader is at fault, not they. Nothing of the range was set aside. */
export class PoisonFloodError extends Error {
  override name = 'PoisonFloodError';
}

/** A range of a partition, by its last offset and the offsets of what cannot be read of it, ascending. */
export interface RangePoison {
  /** Of the partition. */
  name: string;
  poison: readonly number[];
  last: number;
}

/**
 * The offsets of the poison among the last {@link POISON_WINDOW} records up to the end of a range; `recent` are those before it. Throws
 * {@link PoisonFloodError} when there is too much at any record of the range.
 */
export function addPoison(recent: readonly number[], { name, poison, last }: RangePoison): number[] {
  let window = [...recent];
  for (const offset of poison) {
    window = within([...window, offset], offset);
    const where = `of ${name} before offset ${offset + 1} ${cannotRead}`;
    if (window.length > MAX_POISON) throw new PoisonFloodError(`${window.length} of ${POISON_WINDOW} records ${where}`);
    if (trailingRun(window) < MAX_POISON_IN_A_ROW) continue;
    throw new PoisonFloodError(`${MAX_POISON_IN_A_ROW} records in a row ${where}`);
  }
  return within(window, last);
}

const cannotRead =
  'cannot be read: stopped, or the stream would be set aside. Mend the reader, or set TIDEMARK_POISON_STOP=off';

const within = (offsets: readonly number[], last: number): number[] =>
  offsets.filter((offset) => offset > last - POISON_WINDOW);

function trailingRun(offsets: readonly number[]): number {
  let run = offsets.length === 0 ? 0 : 1;
  while (run < offsets.length && offsets.at(-run) === (offsets.at(-run - 1) ?? 0) + 1) run += 1;
  return run;
}
