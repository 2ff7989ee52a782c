import type { Design } from './designs.ts';

/** The size of the world and what may go wrong in it. */
export interface World {
  design: Design;
  /** Records in the log. */
  records: number;
  /** Whether all records are of one month (one part a table and insert), or each of its own. */
  months: 'one' | 'each';
  /** Faults in any order and mix. */
  faults: number;
  /** Whether losing the machine of ClickHouse (its unsynced token log) ends the workers too, as it does where all run on one machine. */
  machines: 'one' | 'several';
}
