/** A range of time in milliseconds since the epoch: `from` inclusive, `to` exclusive. */
export interface Interval {
  from: number;
  to: number;
}

/** The same time as ranges in order that neither meet nor are empty. */
export function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  const sorted = intervals.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from);
  for (const { from, to } of sorted) {
    const last = merged.at(-1);
    if (last === undefined || from > last.to) merged.push({ from, to });
    else last.to = Math.max(last.to, to);
  }
  return merged;
}

/** Milliseconds between two instants that are in no pause. Pauses as {@link mergeIntervals} makes them. */
export function activeBetween(from: number, to: number, pauses: readonly Interval[]): number {
  let active = to - from;
  for (const pause of pauses) active -= Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from));
  return active;
}

/** The first instant at which so many active milliseconds have passed. */
export function reachedAt(from: number, activeMs: number, pauses: readonly Interval[]): number {
  return advance({ from, activeMs }, pauses, (left, gap) => gap >= left);
}

/** The last instant at which no more active milliseconds than these have passed: any later is beyond. */
export function exceededAfter(from: number, activeMs: number, pauses: readonly Interval[]): number {
  return advance({ from, activeMs }, pauses, (left, gap) => gap > left);
}

/** `isEnough`: whether what is left fits into the gap before the next pause. */
function advance(
  { from, activeMs }: { from: number; activeMs: number },
  pauses: readonly Interval[],
  isEnough: (left: number, gap: number) => boolean,
): number {
  let at = from;
  let left = activeMs;
  for (const pause of pauses) {
    if (pause.to <= from) continue;
    const gap = Math.max(0, pause.from - at);
    if (isEnough(left, gap)) break;
    left -= gap;
    at = pause.to;
  }
  return at + left;
}
