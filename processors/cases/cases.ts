import type { FoldContext, KeyedProcessor } from '../analytics/stateful-processor.ts';
import type { Measurement } from '../processor.ts';
import { activeBetween } from './active-time.ts';
import { assess, type Standing } from './assess.ts';
import { nextEventAt, takeEvents } from './case-events.ts';
import { type CaseRow, createCaseColumns } from './case-rows.ts';
import { type CaseRules, rulesOf } from './case-rules.ts';
import { takeSignals } from './case-signals.ts';
import {
  type CaseState,
  caseKey,
  createCaseState,
  isUnrolled,
  nameOf,
  readCaseState,
  writeCaseState,
} from './case-state.ts';
import { instantsOf } from './instants.ts';
import { insertMilestone } from './milestones.ts';

const dayMs = 86_400_000;
/** A case that has ended is known so long after its last milestone: what still comes belongs to it. */
export const CLOSED_KEPT_MS = 45 * dayMs;

/** Cases of a tenant that are known at a time, open or ended lately; those that are begun beyond them are not followed. */
export const MAX_CASES = 500_000;

/** Cases from milestones that share a correlation id: what stages they went through, what is late, at risk or stuck. */
export const cases: KeyedProcessor<CaseState, CaseRow> = {
  name: 'cases',
  version: 1,
  table: 'cases',
  key: caseKey,
  maxStates: MAX_CASES,
  takesLate: true,
  init: (first) => createCaseState({ ...first, key: caseKey(first) ?? '' }, first.offset),
  onMeasurement,
  onTime(state, context) {
    if (context.clock < state.nextAt && context.settings.revision === state.settingsRevision) return undefined;
    return tellAll(state, context);
  },
  toSignal: ({ state, signal }) => (signal === undefined ? undefined : { tenant: state.tenant, signal }),
  toEvent: ({ event }) => event,
  isSpent: ({ isOver }) => isOver,
  snapshot: writeCaseState,
  restore: readCaseState,
  createColumns: createCaseColumns,
};

/** Shows the milestone at once. What follows waits for the next minute: others of the same record may belong before it. */
function onMeasurement(state: CaseState, measurement: Measurement, { clock, settings }: FoldContext): CaseRow[] {
  const rules = rulesOf(settings, state.capability);
  const { at, offset, index, dimensions, receivedAt, retentionDays } = measurement;
  state.receivedAt = Math.max(state.receivedAt, receivedAt);
  state.retentionDays = retentionDays;
  state.skipped += insertMilestone(
    state.milestones,
    {
      ...{ name: nameOf(dimensions), at, offset, index, instants: instantsOf(dimensions) },
      ...{ isUnrolled: isUnrolled(measurement), isTold: false },
    },
    (name) => rules.flow?.endMilestones.includes(name) === true,
  );
  state.nextAt = Number.NEGATIVE_INFINITY;
  state.told = '';
  // Of a case without end, such as one whose id is the same for all, there is a row a minute.
  if (state.skipped > 0) return [];
  const standing = assess({ ...state, rules }, clock);
  state.told = textOf(state, standing, rules);
  state.revision += 1;
  return [{ state, standing, rules, clock, revision: state.revision }];
}

/** All that is to be said when the clock shows this. */
function tellAll(state: CaseState, { clock, settings }: FoldContext): CaseRow[] {
  const rules = rulesOf(settings, state.capability);
  const standing = assess({ ...state, rules }, clock);
  const view = { standing, rules, clock };
  const rows: CaseRow[] = [];
  const told = textOf(state, standing, rules);
  if (told !== state.told) rows.push({ state, ...view, revision: ++state.revision });
  for (const signal of takeSignals(state, view)) {
    const revision = ++state.revision;
    rows.push({ state, ...view, revision, signal: { ...signal, revision } });
  }
  for (const event of takeEvents(state, view)) rows.push({ state, ...view, revision: ++state.revision, event });
  state.told = told;
  state.settingsRevision = settings.revision;
  const forgetAt = forgottenAt(state, standing);
  state.isOver = clock >= forgetAt;
  state.nextAt = Math.min(standing.nextAt, nextEventAt(state, standing, rules), forgetAt);
  return rows;
}

function forgottenAt({ milestones }: CaseState, { status, closedAt = Number.NaN }: Standing): number {
  if (status === 'open') return Number.POSITIVE_INFINITY;
  return status === 'abandoned' ? closedAt : Math.max(closedAt, milestones.at(-1)?.at ?? closedAt) + CLOSED_KEPT_MS;
}

/** What a row says that may change without a milestone. */
function textOf({ milestones }: CaseState, standing: Standing, { pauses }: CaseRules): string {
  const { status, risk, stuckSince, last, openedAt, dueAt, stageDueAt } = standing;
  const activeMs = activeBetween(openedAt, milestones[last]?.at ?? openedAt, pauses);
  return [status, risk, stuckSince, last, dueAt, stageDueAt, activeMs].join(' ');
}
