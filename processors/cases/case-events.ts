import type { DerivedEvent } from '../analytics/stateful-processor.ts';
import { stableUuid } from '../math/stable-uuid.ts';
import { activeBetween } from './active-time.ts';
import { type Standing, stageMs, stageTargetOf } from './assess.ts';
import type { CaseRules } from './case-rules.ts';
import type { CaseState } from './case-state.ts';
import { MAX_MILESTONES, type Milestone } from './milestones.ts';

/** A stage is told as a measurement so long after its end: what comes out of order until then is put in order before. */
export const SETTLE_MS = 60_000;
/** Hours from one milestone to the next, by dimension `stage`. */
export const STAGE_METRIC = 'StageDuration';
/** Hours from the first milestone to the end. */
export const CYCLE_METRIC = 'CaseCycleTime';

const hourMs = 3_600_000;
const inHours = (ms: number): number => ms / hourMs;

/**
 * What has ended and settled, each told once: later milestones that would change it take nothing back. Marks it as told. Without a flow it waits for one: a
 * tenant that asked for none finds no events but its own.
 */
export function takeEvents(
  state: CaseState,
  { standing, rules, clock }: { standing: Standing; rules: CaseRules; clock: number },
): DerivedEvent[] {
  if (rules.flow === undefined) return [];
  const events: DerivedEvent[] = [];
  for (let to = 1; to <= standing.last; to++) {
    const milestone = state.milestones[to];
    if (milestone === undefined || milestone.isTold || !isSettled(milestone.at, clock)) continue;
    milestone.isTold = true;
    if (!isOfMany(state, to)) events.push(stageEvent(state, { to, milestone, rules }));
  }
  const { status, closedAt = Number.NaN } = standing;
  if (status !== 'closed' || state.isCycleTold || !isSettled(closedAt, clock)) return events;
  state.isCycleTold = true;
  events.push(cycleEvent(state, { standing, rules, closedAt }));
  return events;
}

/** When the next of them settles; Infinity: never. */
export function nextEventAt(
  { milestones, isCycleTold }: CaseState,
  { status, last, closedAt }: Standing,
  { flow }: CaseRules,
): number {
  if (flow === undefined) return Number.POSITIVE_INFINITY;
  let next = status === 'closed' && !isCycleTold ? (closedAt ?? Number.NaN) + SETTLE_MS : Number.POSITIVE_INFINITY;
  for (let to = 1; to <= last; to++) {
    const milestone = milestones[to];
    if (milestone?.isTold === false) next = Math.min(next, milestone.at + SETTLE_MS);
  }
  return next;
}

const isSettled = (at: number, clock: number): boolean => clock >= at + SETTLE_MS;

/** The one stage that stands for all those that are not kept is no single duration. */
const isOfMany = ({ skipped }: CaseState, to: number): boolean => skipped > 0 && to >= MAX_MILESTONES - 1;

function stageEvent(
  state: CaseState,
  { to, milestone, rules }: { to: number; milestone: Milestone; rules: CaseRules },
): DerivedEvent {
  const from = state.milestones[to - 1];
  const target = stageTargetOf(rules.flow, from?.name ?? '');
  const isNamed = from?.isUnrolled === false && !milestone.isUnrolled;
  return {
    ...commonOf(state),
    id: idOf(state, ['stage', milestone.at, milestone.offset, milestone.index]),
    metric: STAGE_METRIC,
    at: milestone.at,
    value: inHours(stageMs(state.milestones, to, rules.pauses)),
    slaTarget: target === undefined ? null : inHours(target),
    dimensions: isNamed ? { stage: `${from.name} -> ${milestone.name}` } : {},
  };
}

function cycleEvent(
  state: CaseState,
  { standing, rules, closedAt }: { standing: Standing; rules: CaseRules; closedAt: number },
): DerivedEvent {
  const { openedAt, targetMs } = standing;
  return {
    ...commonOf(state),
    id: idOf(state, ['cycle']),
    metric: CYCLE_METRIC,
    at: closedAt,
    value: inHours(activeBetween(openedAt, closedAt, rules.pauses)),
    slaTarget: targetMs === undefined ? null : inHours(targetMs),
    dimensions: {},
  };
}

const commonOf = ({ tenant, capability, receivedAt, retentionDays }: CaseState) => ({
  ...{ tenant, capability, receivedAt, retentionDays },
});

function idOf({ tenant, capability, correlationId, partition, episode }: CaseState, what: (string | number)[]): string {
  return `evt_${stableUuid('case', tenant, capability, correlationId, partition, episode, ...what)}`;
}
