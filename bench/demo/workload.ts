import type { WireEvent } from '../support/events.ts';
import { createRandom, type Random } from '../support/random.ts';
import { type DemoProcess, type DemoTenant, medianOf, regions, type Urgency, urgencies } from './plan.ts';

export interface WorkloadOptions {
  seed: number;
  tenants: readonly DemoTenant[];
  /** Milliseconds since the epoch; the range is half-open. */
  from: number;
  to: number;
}

export interface BadHour {
  orgCode: string;
  capability: string;
  at: number;
}

/** One process of one tenant. */
export interface Line {
  seed: number;
  tenant: DemoTenant;
  process: DemoProcess;
}

export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;
/** The epoch began on a Thursday; weeks begin on Monday. */
const weekStartMs = 4 * dayMs;
/** Share of the busiest hour by hour of the day, UTC. */
const dailyRhythm = [
  0.06, 0.05, 0.04, 0.04, 0.05, 0.08, 0.15, 0.35, 0.65, 0.9, 1, 0.95, 0.75, 0.9, 0.98, 0.92, 0.75, 0.5, 0.3, 0.2, 0.15,
  0.12, 0.1, 0.08,
];
const weeklyRhythm = [0.18, 1, 1.05, 1, 0.95, 0.85, 0.25];
const cycleSigma = 0.55;
const badHourShare = 0.5;
const badHourSlowdown = 4.5;
const badHourErrorPercent = 12;
const usualErrorPercent = 1.2;

/**
 * The events of a range, hour by hour. Every hour of every process is drawn from its own seed, so an hour has the same events whatever
 * range it is asked for in.
 */
export function* generateHistory({ seed, tenants, from, to }: WorkloadOptions): Generator<WireEvent, void> {
  for (let hour = Math.floor(from / hourMs) * hourMs; hour < to; hour += hourMs) {
    for (const line of linesOf(seed, tenants)) {
      for (const { at, events } of generateHour(line, hour)) if (at >= from && at < to) yield* events;
    }
  }
}

/** The hours of a range in which something went wrong, and where. About every second process has one in a working week. */
export function findBadHours({ seed, tenants, from, to }: WorkloadOptions): BadHour[] {
  const firstWeek = Math.floor((from - weekStartMs) / weekMs) * weekMs + weekStartMs;
  const found: BadHour[] = [];
  for (let week = firstWeek; week < to; week += weekMs) {
    for (const line of linesOf(seed, tenants)) {
      const at = badHourOfWeek(line, week);
      if (at !== undefined && at >= from && at < to) {
        found.push({ orgCode: line.tenant.code, capability: line.process.capability, at });
      }
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/** One case decided at a time: its milestones and its cycle time. */
export function generateCase(line: Line, at: number, random: Random): WireEvent[] {
  const { tenant, process } = line;
  const urgency = random.pick(urgencies.map((item) => ({ weight: item.weight, item })));
  const hours = drawCycleHours({ line, urgency, at, random });
  const dimensions = {
    urgency: urgency.name,
    region: random.pick(regions),
    category: process.categories[random.integer(process.categories.length)] ?? '',
  };
  const base = {
    orgCode: tenant.code,
    capabilityCode: process.capability,
    correlationId: `${process.capability}-${at.toString(36)}-${random.integer(36 ** 4).toString(36)}`.toUpperCase(),
  };
  const milestones = process.milestones.map((milestone, index) => ({
    ...base,
    metricType: 'Milestone',
    value: 1,
    dimensions: { milestone, ...dimensions },
    timestamp: toTimestamp(at - hours * hourMs * (1 - index / (process.milestones.length - 1))),
  }));
  return [...milestones, { ...base, metricType: 'CycleTime', value: hours, dimensions, timestamp: toTimestamp(at) }];
}

export function linesOf(seed: number, tenants: readonly DemoTenant[]): Line[] {
  return tenants.flatMap((tenant) => tenant.processes.map((process) => ({ seed, tenant, process })));
}

// What became known together: the events of one case at its decision, the figures of the hour at its end.
function generateHour(line: Line, hour: number): { at: number; events: WireEvent[] }[] {
  const random = createRandom(line.seed, line.tenant.code, line.process.capability, hour);
  const caseCount = random.poisson(line.process.casesPerPeakHour * rhythmAt(hour));
  const decidedAt = Array.from({ length: caseCount }, () => hour + random.integer(hourMs)).sort((a, b) => a - b);
  const cases = decidedAt.map((at) => ({ at, events: generateCase(line, at, random) }));
  return [...cases, { at: hour + hourMs - 1, events: summarizeHour({ line, hour, caseCount, random }) }];
}

function summarizeHour(options: { line: Line; hour: number; caseCount: number; random: Random }): WireEvent[] {
  const { line, hour, caseCount, random } = options;
  const usual = isBadHour(line, hour) ? badHourErrorPercent : usualErrorPercent;
  const errorPercent = Math.min(100, usual * Math.exp(0.4 * random.normal()));
  const base = {
    orgCode: line.tenant.code,
    capabilityCode: line.process.capability,
    timestamp: toTimestamp(hour + hourMs - 1),
  };
  return [
    { ...base, metricType: 'Volume', value: caseCount },
    { ...base, metricType: 'ErrorRate', value: Number(errorPercent.toFixed(3)) },
  ];
}

function drawCycleHours(options: { line: Line; urgency: Urgency; at: number; random: Random }): number {
  const { line, urgency, at, random } = options;
  const slowdown = isBadHour(line, at) ? badHourSlowdown : 1;
  const hours = medianOf(line.process, urgency) * slowdown * Math.exp(cycleSigma * random.normal());
  return Number(hours.toFixed(4));
}

function rhythmAt(hour: number): number {
  const date = new Date(hour);
  return (dailyRhythm[date.getUTCHours()] ?? 0) * (weeklyRhythm[date.getUTCDay()] ?? 0);
}

function isBadHour(line: Line, at: number): boolean {
  const week = Math.floor((at - weekStartMs) / weekMs) * weekMs + weekStartMs;
  return badHourOfWeek(line, week) === Math.floor(at / hourMs) * hourMs;
}

// Monday to Friday, 9 to 15 o'clock: busy hours, so that they are visible in the counts.
function badHourOfWeek({ seed, tenant, process }: Line, week: number): number | undefined {
  const random = createRandom(seed, tenant.code, process.capability, 'bad hour', week);
  if (random.next() >= badHourShare) return undefined;
  return week + random.integer(5) * dayMs + (9 + random.integer(7)) * hourMs;
}

function toTimestamp(at: number): string {
  return new Date(at).toISOString();
}
