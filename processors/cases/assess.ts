import type { CaseFlow } from '../../schemas/control/control-record.ts';
import type { Span } from '../../schemas/spans.ts';
import { activeBetween, exceededAfter, reachedAt } from './active-time.ts';
import type { CaseRules } from './case-rules.ts';
import type { Milestone } from './milestones.ts';

export const CASE_STATUSES = ['open', 'closed', 'abandoned'] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];
export const CASE_RISKS = ['none', 'at_risk', 'breached'] as const;
export type CaseRisk = (typeof CASE_RISKS)[number];

/** A case or stage is at risk from this share of its target on. */
export const AT_RISK_SHARE = 0.8;
const dayMs = 86_400_000;

/** How a case stands at an instant. Times are milliseconds since the epoch, undefined where there are none. */
export interface Standing {
  status: CaseStatus;
  risk: CaseRisk;
  /** Since when it is of this risk. */
  riskSince: number | undefined;
  /** Since when it waits too long for a milestone. */
  stuckSince: number | undefined;
  /** Position of the milestone that ended it, else of the last. */
  last: number;
  openedAt: number;
  closedAt: number | undefined;
  /** Active time it may take; below 0 where the deadline came before the case. */
  targetMs: number | undefined;
  /** The last instant at which it is in time. */
  dueAt: number | undefined;
  /** The same for the stage it is in. */
  stageDueAt: number | undefined;
  /** The first instant after this one at which it may stand otherwise; Infinity: never. */
  nextAt: number;
}

export interface CaseToAssess {
  /** In order, at least one. */
  milestones: readonly Milestone[];
  rules: CaseRules;
  retentionDays: number;
}

/** How a case stands when the clock shows `clock`: a function of its milestones and of what is set, whatever was before. */
export function assess(subject: CaseToAssess, clock: number): Standing {
  const { milestones, rules } = subject;
  const end = milestones.findIndex(({ name }) => rules.flow?.endMilestones.includes(name) === true);
  return end < 0 ? assessOpen(subject, clock) : assessClosed(subject, end);
}

function assessClosed({ milestones, rules }: CaseToAssess, end: number): Standing {
  const openedAt = milestones[0]?.at ?? Number.NaN;
  const closedAt = milestones[end]?.at ?? Number.NaN;
  const targetMs = targetOf(milestones, rules.flow);
  const dueAt = targetMs === undefined ? undefined : exceededAfter(openedAt, targetMs, rules.pauses);
  const isBreached = dueAt !== undefined && closedAt > dueAt;
  return {
    ...{ status: 'closed', risk: isBreached ? 'breached' : 'none', riskSince: isBreached ? dueAt : undefined },
    ...{ stuckSince: undefined, last: end, openedAt, closedAt, targetMs, dueAt, stageDueAt: undefined },
    nextAt: Number.POSITIVE_INFINITY,
  };
}

function assessOpen({ milestones, rules, retentionDays }: CaseToAssess, clock: number): Standing {
  const { flow, pauses } = rules;
  const last = milestones.length - 1;
  const openedAt = milestones[0]?.at ?? Number.NaN;
  const { at: lastAt, name } = milestones[last] ?? { at: Number.NaN, name: '' };
  const abandonedAt = lastAt + retentionDays * dayMs;
  const isAbandoned = clock >= abandonedAt;
  const targetMs = targetOf(milestones, flow);
  const terms = [termOf(openedAt, targetMs, pauses), termOf(lastAt, stageTargetOf(flow, name), pauses)];
  const stuckAt = flow?.stuckAfterMs == null ? undefined : reachedAt(lastAt, flow.stuckAfterMs, pauses);
  const isStuck = stuckAt !== undefined && stuckAt <= clock;
  return {
    ...{ status: isAbandoned ? 'abandoned' : 'open', ...riskOf(terms, clock) },
    ...{ stuckSince: isStuck && !isAbandoned ? stuckAt : undefined, last, openedAt },
    ...{ closedAt: isAbandoned ? abandonedAt : undefined, targetMs },
    ...{ dueAt: terms[0]?.dueAt, stageDueAt: terms[1]?.dueAt },
    nextAt: nextOf([abandonedAt, stuckAt, ...terms.flatMap(changesOf)], clock),
  };
}

/** The deadline the latest milestone brought counts, else the target of the flow. */
function targetOf(milestones: readonly Milestone[], flow: CaseFlow | undefined): number | undefined {
  if (flow === undefined) return undefined;
  const deadlineAt = flow.deadlineDimension === '' ? undefined : deadlineOf(milestones, flow.deadlineDimension);
  if (deadlineAt !== undefined) return deadlineAt - (milestones[0]?.at ?? Number.NaN);
  return flow.targetMs ?? undefined;
}

function deadlineOf(milestones: readonly Milestone[], dimension: string): number | undefined {
  for (let index = milestones.length - 1; index >= 0; index--) {
    const deadline = milestones[index]?.instants.find(({ name }) => name === dimension);
    if (deadline !== undefined) return deadline.at;
  }
  return undefined;
}

/** What the stage that begins with a milestone may take. */
export function stageTargetOf(flow: CaseFlow | undefined, name: string): number | undefined {
  return flow !== undefined && Object.hasOwn(flow.stageTargetsMs, name) ? flow.stageTargetsMs[name] : undefined;
}

/** When something with a target is at risk, and until when it is in time. */
interface Term {
  riskAt: number;
  dueAt: number;
}

function termOf(from: number, targetMs: number | undefined, pauses: readonly Span[]): Term | undefined {
  if (targetMs === undefined) return undefined;
  const riskMs = Math.ceil(AT_RISK_SHARE * targetMs);
  return { riskAt: reachedAt(from, riskMs, pauses), dueAt: exceededAfter(from, targetMs, pauses) };
}

const changesOf = (term: Term | undefined): number[] => (term === undefined ? [] : [term.riskAt, term.dueAt + 1]);

function riskOf(terms: readonly (Term | undefined)[], clock: number): Pick<Standing, 'risk' | 'riskSince'> {
  const known = terms.filter((term) => term !== undefined);
  const breached = known.filter(({ dueAt }) => clock > dueAt).map(({ dueAt }) => dueAt);
  if (breached.length > 0) return { risk: 'breached', riskSince: Math.min(...breached) };
  const atRisk = known.filter(({ riskAt }) => clock >= riskAt).map(({ riskAt }) => riskAt);
  if (atRisk.length > 0) return { risk: 'at_risk', riskSince: Math.min(...atRisk) };
  return { risk: 'none', riskSince: undefined };
}

function nextOf(instants: readonly (number | undefined)[], clock: number): number {
  return instants.reduce<number>(
    (next, at) => (at !== undefined && at > clock ? Math.min(next, at) : next),
    Number.POSITIVE_INFINITY,
  );
}

/** Active time from one milestone to the next, milliseconds. */
export const stageMs = (milestones: readonly Milestone[], to: number, pauses: readonly Span[]): number =>
  activeBetween(milestones[to - 1]?.at ?? Number.NaN, milestones[to]?.at ?? Number.NaN, pauses);
