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

/**
 * The offsets of the poison among the last {@link POISON_WINDOW} records, after a range that ends with `last` and holds `poison`; both
 * lists in their order. Throws {@link PoisonFloodError} when there is too much at any record of the range.
 */
export function addPoison(recent: readonly number[], poison: readonly number[], last: number): number[] {
  let window = [...recent];
  for (const offset of poison) {
    window = within([...window, offset], offset);
    if (window.length > MAX_POISON) {
      throw new PoisonFloodError(
        `${window.length} of ${POISON_WINDOW} records before offset ${offset + 1} ${cannotRead}`,
      );
    }
    if (trailingRun(window) >= MAX_POISON_IN_A_ROW) {
      throw new PoisonFloodError(`${MAX_POISON_IN_A_ROW} records in a row before offset ${offset + 1} ${cannotRead}`);
    }
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
