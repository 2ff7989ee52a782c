import type { MaintenancePeriod } from '../control/control-record.ts';
import { mergeSpans, type Span } from '../spans.ts';

const MINUTE_MS = 60_000;

/** The minutes that maintenance about the subject takes out of SLOs, in order and disjoint: those it touches are left out whole. */
export function excludedSpans(maintenance: readonly MaintenancePeriod[], subject: string): Span[] {
  const spans = maintenance
    .filter(({ excludeFromSla, subjects }) => excludeFromSla && subjects.includes(subject))
    .map(({ from, to }) => ({
      from: Math.floor(from / MINUTE_MS) * MINUTE_MS,
      to: Math.ceil(to / MINUTE_MS) * MINUTE_MS,
    }));
  return mergeSpans(spans);
}
