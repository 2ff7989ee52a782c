import type { Signal } from '../../schemas/signals/signal-batch.ts';
import { stableUuid } from '../math/stable-uuid.ts';
import type { Standing } from './assess.ts';
import { type CaseRules, mutedBy } from './case-rules.ts';
import { CASE_SIGNALS, type CaseSignal, type CaseState } from './case-state.ts';

/** What is said of a case beside its row; the revision is given with the row. */
export type UnnumberedSignal = Omit<Signal, 'revision'>;

const scores: Readonly<Record<CaseSignal, number>> = { case_stuck: 0.5, case_at_risk: 0.7, case_breached: 0.9 };

type Since = ReadonlyMap<CaseSignal, number>;

/** That a case ended too late is news for so long. */
export const NEWS_MS = 86_400_000;

/** What is to be said now: what began is opened, what ended resolved. A case that ended too late before anybody was told is both, while that is news. */
export function takeSignals(
  state: CaseState,
  { standing, rules, clock }: { standing: Standing; rules: CaseRules; clock: number },
): UnnumberedSignal[] {
  const { status, risk, riskSince } = standing;
  const view = { standing, rules, at: standing.closedAt ?? clock };
  const isNews = status !== 'open' && !state.wasBreached && clock < view.at + NEWS_MS;
  if (isNews && risk === 'breached' && riskSince !== undefined) {
    const passed = changeTo(state, new Map([['case_breached', riskSince]]), view);
    return [...passed, ...changeTo(state, new Map(), view)];
  }
  return changeTo(state, status === 'open' ? reasonsOf(standing) : new Map(), view);
}

function reasonsOf({ risk, riskSince, stuckSince }: Standing): Since {
  const reasons = new Map<CaseSignal, number>();
  if (riskSince !== undefined) reasons.set(risk === 'breached' ? 'case_breached' : 'case_at_risk', riskSince);
  if (stuckSince !== undefined) reasons.set('case_stuck', stuckSince);
  return reasons;
}

interface SignalView {
  standing: Standing;
  rules: CaseRules;
  /** When what ends has ended. */
  at: number;
}

function changeTo(state: CaseState, reasons: Since, view: SignalView): UnnumberedSignal[] {
  const said: UnnumberedSignal[] = [];
  for (const kind of CASE_SIGNALS) {
    const since = state.signals.get(kind);
    const reason = reasons.get(kind);
    if (reason !== undefined && since === undefined) {
      state.signals.set(kind, reason);
      if (kind === 'case_breached') state.wasBreached = true;
      said.push(signalOf(state, view, { kind, status: 'open', startedAt: reason, at: reason }));
    } else if (reason === undefined && since !== undefined) {
      state.signals.delete(kind);
      said.push(signalOf(state, view, { kind, status: 'resolved', startedAt: since, at: Math.max(view.at, since) }));
    }
  }
  return said;
}

type Told = Pick<Signal, 'status' | 'startedAt' | 'at'> & { kind: CaseSignal };

function signalOf(state: CaseState, { standing, rules }: SignalView, told: Told): UnnumberedSignal {
  const { tenant, capability, correlationId, partition, episode } = state;
  const { kind, startedAt } = told;
  return {
    ...told,
    id: `sig_${stableUuid(kind, tenant, capability, correlationId, partition, episode, startedAt)}`,
    ...{ subjectKind: 'capability', subject: capability, metric: 'Milestone', score: scores[kind] },
    mutedBy: mutedBy(rules, told.at),
    details: detailsOf(state, standing),
  };
}

function detailsOf(state: CaseState, { last, openedAt, dueAt, stageDueAt }: Standing): Record<string, string> {
  return {
    correlationId: state.correlationId,
    milestone: state.milestones[last]?.name ?? '',
    openedAt: String(openedAt),
    ...(dueAt === undefined ? {} : { dueAt: String(dueAt) }),
    ...(stageDueAt === undefined ? {} : { stageDueAt: String(stageDueAt) }),
  };
}
