import type { MaintenancePeriod } from '../control/control-record.ts';

/** Milliseconds since the epoch: `from` inclusive, `to` exclusive. */
export interface Span {
  from: number;
  to: number;
}

const MINUTE_MS = 60_000;

/** The minutes that maintenance about the subject takes out of SLOs, in order and disjoint: those it touches are left out whole. */
export function excludedSpans(maintenance: readonly MaintenancePeriod[], subject: string): Span[] {
  const spans = maintenance
    .filter(({ excludeFromSla, subjects }) => excludeFromSla && subjects.includes(subject))
    .map(({ from, to }) => ({
      from: Math.floor(from / MINUTE_MS) * MINUTE_MS,
      to: Math.ceil(to / MINUTE_MS) * MINUTE_MS,
    }))
    .filter(({ from, to }) => from < to);
  return mergeSpans(spans);
}

/** The union of spans, in order of time and disjoint. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || from > last.to) merged.push({ from, to });
    else last.to = Math.max(last.to, to);
  }
  return merged;
}

/** What is left of a span without the excluded ones, which are in order and disjoint. */
export function withoutSpans({ from, to }: Span, excluded: readonly Span[]): Span[] {
  const left: Span[] = [];
  let start = from;
  for (let i = firstEndingAfter(excluded, from); i < excluded.length && start < to; i++) {
    const span = excluded[i];
    if (span === undefined || span.from >= to) break;
    if (span.from > start) left.push({ from: start, to: span.from });
    start = span.to;
  }
  if (start < to) left.push({ from: start, to });
  return left;
}

/** Milliseconds of a span that lie within others, which are in order and disjoint. */
export function overlapMs({ from, to }: Span, spans: readonly Span[]): number {
  let sum = 0;
  for (let i = firstEndingAfter(spans, from); i < spans.length; i++) {
    const span = spans[i];
    if (span === undefined || span.from >= to) break;
    sum += Math.min(span.to, to) - Math.max(span.from, from);
  }
  return sum;
}

/** Index of the first span that ends after the instant. */
export function firstEndingAfter(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle]?.to ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
