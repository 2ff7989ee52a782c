import type { OtlpSpan } from './otlp-model.ts';

/** A span with what the request tells of its neighbours. */
export interface Span extends OtlpSpan {
  service: string;
  parent: Span | undefined;
  children: Span[];
}

/** Finds the parent and the children of each span, across services. */
export function linkSpans(spans: readonly Span[]): void {
  const byId = new Map(spans.map((span) => [span.traceId + span.spanId, span]));
  for (const span of spans) {
    const parent = span.parentId === '' ? undefined : byId.get(span.traceId + span.parentId);
    if (parent === undefined || parent === span) continue;
    span.parent = parent;
    parent.children.push(span);
  }
}

/** Milliseconds of a span in which none of its children ran; children beyond its end or before its start count within it only. */
export function selfTimeOf({ startAt, endAt, children }: Span): number {
  let selfMs = endAt - startAt;
  let coveredTo = startAt;
  for (const child of children.toSorted((a, b) => a.startAt - b.startAt)) {
    const from = Math.max(child.startAt, coveredTo);
    const to = Math.min(child.endAt, endAt);
    if (to <= from) continue;
    selfMs -= to - from;
    coveredTo = to;
  }
  return Math.max(0, selfMs);
}
