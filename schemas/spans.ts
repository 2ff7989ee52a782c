/** Milliseconds since the epoch: `from` inclusive, `to` exclusive. */
export interface Span {
  from: number;
  to: number;
}

/** The union of spans, in order of time, disjoint, none of them empty. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  const sorted = spans.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  for (const { from, to } of sorted) {
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
