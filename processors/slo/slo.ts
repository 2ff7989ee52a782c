import type { FoldContext, SeriesProcessor } from '../analytics/stateful-processor.ts';
import type { Measurement } from '../processor.ts';
import { HOUR_MS, MINUTE_MS } from './event-counts.ts';
import { createSloColumns, type SloRow, toSloSignal } from './slo-row.ts';
import {
  createSloState,
  follow,
  isEmptyState,
  judgeAll,
  readSloState,
  releaseSlo,
  type SloState,
  tidy,
  writeSloState,
} from './slo-state.ts';
import { isMeant } from './watch.ts';

const never = Number.NEGATIVE_INFINITY;
const nothing: readonly SloRow[] = [];

/** Counts the events that meet their SLA target, and tells when an SLO over them is breached or its budget is spent too fast. */
export const slo: SeriesProcessor<SloState, SloRow> = {
  name: 'slo',
  version: 1,
  table: 'slo_events',
  ownsSeries: ({ slaTarget }) => slaTarget !== null,
  init: createSloState,
  onMeasurement(state, measurement, { settings }) {
    // Settings are followed when they come; here, only by a series that is new or read back.
    if (state.settings !== settings) follow(state, settings, { at: 0, judgedAt: never });
    count(state, measurement);
    return nothing;
  },
  onTime(state, { clock, settings }: FoldContext) {
    const at = Math.floor(clock / MINUTE_MS) * MINUTE_MS;
    if (state.watches.size === 0 && state.settings === settings && state.tidiedIn * HOUR_MS + HOUR_MS > at)
      return undefined;
    // First, so that a series that was read back has kept what any other has; afterwards where the minutes are to be judged.
    const isTidied = state.watches.size === 0 && tidy(state, at);
    const told = state.settings === settings ? undefined : follow(state, settings, { at, judgedAt: at - MINUTE_MS });
    if (state.watches.size === 0 && told === undefined) return isTidied ? nothing : undefined;
    const rows = [...(told ?? nothing), ...judgeAll(state, at)];
    tidy(state, at);
    return rows;
  },
  toSignal: toSloSignal,
  isSpent: isEmptyState,
  release: releaseSlo,
  snapshot: writeSloState,
  restore: readSloState,
  createColumns: createSloColumns,
};

function count(state: SloState, { at, value, slaTarget, dimensions, retentionDays }: Measurement): void {
  state.retentionDays = retentionDays;
  if (at < 0) return; // A DateTime holds nothing earlier.
  const isBad = !(value <= (slaTarget ?? Number.POSITIVE_INFINITY));
  state.counts.add(at, isBad);
  for (const { definition, counts } of state.watches.values()) {
    if (counts !== undefined && isMeant(definition, dimensions)) counts.add(at, isBad);
  }
}
