import { EVENT_LIMITS } from '../schemas/api/event-limits.ts';

const dayMs = 86_400_000;

/** The times an item may have; milliseconds since the epoch, both inclusive. */
export interface TimeRange {
  earliest: number;
  latest: number;
  retentionDays: number;
}

export function timeRange(receivedAt: number, retentionDays: number): TimeRange {
  return { earliest: receivedAt - retentionDays * dayMs, latest: receivedAt + EVENT_LIMITS.futureMs, retentionDays };
}

/** What is wrong with a time outside the range, NaN for text that names none. */
export function timeIssue({ latest, retentionDays }: TimeRange, at: number): string {
  if (Number.isNaN(at)) return 'must be an RFC 3339 timestamp with offset such as 2026-03-18T10:30:00Z';
  if (at > latest) return `must not be more than ${EVENT_LIMITS.futureMs / 60_000} minutes in the future`;
  return `must not be older than the organization's retention of ${retentionDays} days`;
}
