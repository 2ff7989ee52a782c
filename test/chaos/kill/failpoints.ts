import { writeSync } from 'node:fs';

/** Where a processors' process can be made to kill itself, in the order in which a range passes them. */
export const FAILPOINTS = [
  'after_assignment',
  'before_bury',
  'after_bury',
  'before_plan',
  'after_plan',
  'insert_half_sent',
  'insert_all_sent',
  'before_advance',
  'after_advance',
  'reconcile_statement',
  'rollup_emptied',
  'during_drain',
] as const;

export type FailpointName = (typeof FAILPOINTS)[number];

/** The place where this process dies. */
export interface Failpoint {
  /** To be called at each place; at the armed one, when it is passed for the nth time, it does not return. */
  reach(name: FailpointName): void;
  /** Like `reach`, where dying takes some preparation: true when it is time for it. */
  isDue(name: FailpointName): boolean;
  die(): void;
}

export function isFailpointName(name: string | undefined): name is FailpointName {
  return FAILPOINTS.some((known) => known === name);
}

/** A failpoint that is armed for the nth time its place is passed. */
export function createFailpoint(armed: FailpointName, nth: number): Failpoint {
  let passed = 0;
  const isDue = (name: FailpointName) => name === armed && ++passed === nth;
  const die = () => {
    writeSync(1, `${reachedLine(armed)}\n`); // Nothing buffered survives what comes now.
    process.kill(process.pid, 'SIGKILL');
  };
  return {
    isDue,
    die,
    reach(name) {
      if (isDue(name)) die();
    },
  };
}

/** What a process says before it dies at its failpoint. */
export const reachedLine = (name: FailpointName): string => `failpoint ${name} reached`;
