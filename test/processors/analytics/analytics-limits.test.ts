import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, snapshotDueAt } from '../../../processors/analytics/analytics-limits.ts';

it('makes a snapshot every ten seconds, and rests ten times what it takes', () => {
  expect(snapshotDueAt({ snapshotAt: 5_000, snapshotMs: 0 }, DEFAULT_LIMITS)).toBe(15_000);
  expect(snapshotDueAt({ snapshotAt: 5_000, snapshotMs: 1_000 }, DEFAULT_LIMITS)).toBe(15_000);
  expect(snapshotDueAt({ snapshotAt: 5_000, snapshotMs: 4_000 }, DEFAULT_LIMITS)).toBe(45_000);
});
