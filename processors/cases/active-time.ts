import type { Span } from '../../schemas/spans.ts';

/** Milliseconds between two instants that are in no pause. Pauses as `mergeSpans` makes them. */
export function activeBetween(from: number, to: number, pauses: readonly Span[]): number {
  let active = to - from;
  for (const pause of pauses) active -= Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from));
  return active;
}

/** The first instant at which so many active milliseconds have passed. */
export function reachedAt(from: number, activeMs: number, pauses: readonly Span[]): number {
  return advance({ from, activeMs }, pauses, (left, gap) => gap >= left);
}

/** The last instant at which no more active milliseconds than these have passed: any later is beyond. */
export function exceededAfter(from: number, activeMs: number, pauses: readonly Span[]): number {
  return advance({ from, activeMs }, pauses, (left, gap) => gap > left);
}

/** `isEnough`: whether what is left fits into the gap before the next pause. */
function advance(
  { from, activeMs }: { from: number; activeMs: number },
  pauses: readonly Span[],
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
