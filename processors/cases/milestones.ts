import type { NamedInstant } from './instants.ts';

/** One step of a case. */
export interface Milestone {
  name: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** Where it stands in the log: of two at the same instant the first comes first. */
  offset: number;
  index: number;
  instants: readonly NamedInstant[];
  /** Its name is one of too many to be kept apart in figures. */
  isUnrolled: boolean;
  /** The stage it ended was told as a measurement. */
  isTold: boolean;
}

/** A case keeps so many: the first ones, and its last. Those between are counted, and make one stage together. */
export const MAX_MILESTONES = 256;

/**
 * Puts a milestone where it belongs by its time. Returns how many had to go for it: 0 or 1; `isEnd`: never one of these, it would open the case
 * again.
 */
export function insertMilestone(
  milestones: Milestone[],
  milestone: Milestone,
  isEnd: (name: string) => boolean,
): number {
  let position = milestones.length;
  while (position > 0 && isBefore(milestone, milestones[position - 1])) position -= 1;
  milestones.splice(position, 0, milestone);
  if (milestones.length <= MAX_MILESTONES) return 0;
  milestones.splice(isEnd(milestones.at(-2)?.name ?? '') ? -1 : -2, 1);
  return 1;
}

function isBefore(a: Milestone, b: Milestone | undefined): boolean {
  if (b === undefined || a.at !== b.at) return b !== undefined && a.at < b.at;
  return a.offset === b.offset ? a.index < b.index : a.offset < b.offset;
}
