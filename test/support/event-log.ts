import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Case, eventLogFile, type PublishedFacts } from '../../bench/receipt/event-log.ts';

/**
 * A made-up event log of the same shape as the real one: 40 cases over five months, three departments, every eighth case not finished,
 * every fifth finished one late by a day. Case n has n % 4 + 1 activities, the last of them n hours after the first.
 */
const caseCount = 40;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const departments = ['General', 'Experts', 'Customer contact'];
const activityNames = ['Confirmation', 'Check, "first"', 'Decision', 'Letter'];
const firstCaseAt = Date.UTC(2010, 9, 29, 22, 47, 3, 217);

export const syntheticCases: Case[] = Array.from({ length: caseCount }, (_, index) => createCase(index));

/** What is true of the made-up log by its construction, counted by hand. */
export const syntheticFacts: PublishedFacts = {
  cases: 40,
  events: 100,
  sla_met: 28,
  sla_breached: 7,
  no_enddate: 5,
  by_department: { General: [2, 12], Experts: [2, 11], 'Customer contact': [3, 12] },
  cycle_hours: { p50: 14, p90: 35, p95: 38, p99: 39, max: 39 },
};

/** Writes the made-up log as the file the receipt benchmark reads. */
export function writeSyntheticEventLog(folder: string): void {
  const header =
    'case_id,activity,timestamp,resource,case:startdate,case:department,case:deadline,case:channel,case:enddate';
  const rows = syntheticCases.flatMap((item) => item.activities.map((activity) => toRow(item, activity)));
  writeFileSync(join(folder, eventLogFile), gzipSync([header, ...rows, ''].join('\n')));
}

function createCase(index: number): Case {
  const startAt = firstCaseAt + index * 3.7 * dayMs;
  const isFinished = index % 8 !== 7;
  const count = (index % 4) + 1;
  const deadlineAt = startAt + 30 * dayMs;
  const isLate = index % 5 === 0;
  return {
    id: `case-${index}`,
    department: departments[index % 3] ?? '',
    channel: index % 2 === 0 ? 'Internet' : 'Desk',
    startAt,
    deadlineAt,
    endAt: isFinished ? deadlineAt + (isLate ? 1 : -1) * dayMs : undefined,
    activities: Array.from({ length: count }, (_, step) => ({
      name: activityNames[step] ?? '',
      at: startAt + (count === 1 ? 0 : (index * hourMs * step) / (count - 1)),
      resource: `Resource${index % 7}`,
    })),
  };
}

function toRow(item: Case, activity: Case['activities'][number]): string {
  const end = item.endAt === undefined ? '' : toText(item.endAt);
  const own = [item.id, `"${activity.name.replaceAll('"', '""')}"`, toText(activity.at), activity.resource];
  return [...own, toText(item.startAt), item.department, toText(item.deadlineAt), item.channel, end].join(',');
}

function toText(at: number): string {
  return new Date(at).toISOString();
}
