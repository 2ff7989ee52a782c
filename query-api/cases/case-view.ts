import type { Case, CaseDetails } from '../../schemas/api/cases.ts';
import { formatInstant } from '../range.ts';

/** A case as the queries answer it; times in milliseconds since the epoch, 0 where there is none. */
export interface StoredCase {
  tenant: string;
  capability: string;
  correlationId: string;
  status: string;
  risk: string;
  isStuck: boolean;
  milestone: string;
  openedAtMs: number;
  lastAtMs: number;
  closedAtMs: number;
  dueAtMs: number;
  stageDueAtMs: number;
  targetMs: number | null;
  activeMs: number;
  milestoneCount: number;
}

export interface StoredCaseDetails extends StoredCase {
  stageCount: number;
  milestones: string[];
  milestoneAtsMs: number[];
  stageMs: number[];
  episodes: number;
}

/** A case as the API shows it at an instant, milliseconds since the epoch. */
export function toCase(stored: StoredCase, orgCode: string, now: number): Case {
  const { status, openedAtMs, lastAtMs, closedAtMs } = stored;
  const isOpen = status === 'open';
  return {
    orgCode,
    capabilityCode: stored.capability,
    correlationId: stored.correlationId,
    ...{ status, risk: stored.risk, stuck: Boolean(stored.isStuck) },
    stage: isOpen ? stored.milestone : null,
    lastMilestone: stored.milestone,
    lastMilestoneAt: formatInstant(lastAtMs),
    openedAt: formatInstant(openedAtMs),
    closedAt: isOpen ? null : formatInstant(closedAtMs),
    // A milestone may be ahead of our clock.
    ageMs: Math.max(0, (isOpen ? now : closedAtMs) - openedAtMs),
    stageAgeMs: isOpen ? Math.max(0, now - lastAtMs) : null,
    activeMs: status === 'closed' ? stored.activeMs : null,
    targetMs: stored.targetMs,
    dueAt: instantOrNull(stored.dueAtMs),
    stageDueAt: instantOrNull(stored.stageDueAtMs),
    milestoneCount: stored.milestoneCount,
  };
}

export function toCaseDetails(stored: StoredCaseDetails, orgCode: string, now: number): CaseDetails {
  const { milestones, milestoneAtsMs, stageMs, stageCount, status } = stored;
  return {
    ...toCase(stored, orgCode, now),
    asOf: formatInstant(now),
    episodes: stored.episodes,
    milestones: milestones.map((milestone, index) => {
      const [at = 0, before = 0] = [milestoneAtsMs[index], milestoneAtsMs[index - 1]];
      return {
        milestone,
        at: formatInstant(at),
        durationMs: index === 0 ? null : at - before,
        activeMs: index === 0 ? null : (stageMs[index] ?? null),
        isAfterEnd: status === 'closed' && index > stageCount,
      };
    }),
  };
}

const instantOrNull = (atMs: number): string | null => (atMs === 0 ? null : formatInstant(atMs));
