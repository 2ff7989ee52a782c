import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseCsv } from './csv.ts';

export interface Activity {
  name: string;
  /** Milliseconds since the epoch, like every time here. */
  at: number;
  resource: string;
}

export interface Case {
  id: string;
  department: string;
  channel: string;
  startAt: number;
  deadlineAt: number;
  /** Undefined: the case has not ended. */
  endAt: number | undefined;
  /** In time order, at least one. */
  activities: Activity[];
}

/** What receipt_oracle.json says about the file; departments: [breached, total]. */
export interface PublishedFacts {
  cases: number;
  events: number;
  sla_met: number;
  sla_breached: number;
  no_enddate: number;
  by_department: Record<string, [number, number]>;
  cycle_hours: { p50: number; p90: number; p95: number; p99: number; max: number };
}

export const eventLogFile = 'receipt.csv.gz';

/** Reads the cases of `receipt.csv.gz` in a folder. Throws when it is absent or malformed. */
export function readCases(folder: string): Case[] {
  const rows = parseCsv(gunzipSync(readFileSync(join(folder, eventLogFile))).toString('utf8'));
  const cases = new Map<string, Case>();
  for (const row of rows) {
    const id = required(row, 'case_id');
    const known = cases.get(id) ?? toCase(row);
    cases.set(id, known);
    known.activities.push(toActivity(row));
  }
  for (const { activities } of cases.values()) activities.sort((a, b) => a.at - b.at);
  return [...cases.values()];
}

/** The published facts beside the event log; undefined when the folder has none. */
export function readPublishedFacts(folder: string): PublishedFacts | undefined {
  const path = join(folder, 'receipt_oracle.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as PublishedFacts) : undefined;
}

function toCase(row: Record<string, string>): Case {
  const endText = row['case:enddate'] ?? '';
  return {
    id: required(row, 'case_id'),
    department: required(row, 'case:department'),
    channel: required(row, 'case:channel'),
    startAt: toTime(required(row, 'case:startdate')),
    deadlineAt: toTime(required(row, 'case:deadline')),
    endAt: endText === '' ? undefined : toTime(endText),
    activities: [],
  };
}

function toActivity(row: Record<string, string>): Activity {
  return {
    name: required(row, 'activity'),
    at: toTime(required(row, 'timestamp')),
    resource: required(row, 'resource'),
  };
}

function required(row: Record<string, string>, name: string): string {
  const value = row[name];
  if (value === undefined || value === '') throw new Error(`column ${name} is empty or absent`);
  return value;
}

function toTime(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error(`not a time: ${text}`);
  return at;
}
