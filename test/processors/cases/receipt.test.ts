import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, eventLogFile, readCases, readPublishedFacts } from '../../../bench/receipt/event-log.ts';
import { hash32 } from '../../../processors/analytics/hash.ts';
import { SETTLE_MS } from '../../../processors/cases/case-events.ts';
import { casesOf, type ExpectedCase, expectedCases } from '../../support/case-reference.ts';
import { CaseWorld, createFlow, day, hour, minute, type Step } from '../../support/cases.ts';
import { syntheticCases, syntheticFacts } from '../../support/event-log.ts';

const dataFolder = process.env.TIDEMARK_TEST_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const realLog = join(dataFolder, 'eventlog');
const hasRealLog = existsSync(join(realLog, eventLogFile));
if (!hasRealLog) console.log('the real event log is not here: cases are compared on a made-up one of 40');
const log = hasRealLog ? readCases(realLog) : syntheticCases;
const facts = (hasRealLog ? readPublishedFacts(realLog) : undefined) ?? syntheticFacts;

const flow = createFlow({
  ...{ endMilestones: ['End'], deadlineDimension: 'deadline', stuckAfterMs: 20 * day },
  stageTargetsMs: { 'Confirmation of receipt': 2 * hour, 'T02 Check confirmation of receipt': day, Check: day },
});

/**
 * The activities of a case, and its end as a milestone at its date of end. That lies up to 41 days before the last activity in 145 real cases, before the
 * first one in 117: the end then opens the case, and what follows belongs to none of its stages.
 */
function stepsOf({ id, deadlineAt, endAt, activities }: Case): Step[] {
  const dimensions = { deadline: new Date(deadlineAt).toISOString() };
  const done = activities.map(({ name, at }) => ({ id, name, at, dimensions }));
  return endAt === undefined ? done : [...done, { id, name: 'End', at: endAt, dimensions }];
}

const steps = log.flatMap(stepsOf).sort((a, b) => a.at - b.at);
const firstAt = steps[0]?.at ?? 0;
const lastAt = steps.at(-1)?.at ?? 0;
const endAt = (Math.ceil(lastAt / minute) + 1) * minute;

interface Reading {
  partitions: number;
  /** Sizes of the records. */
  sizes: readonly number[];
  /** Instants at which the log is frozen and compared, as shares of its length. */
  cuts: readonly number[];
}

const reading = fc.record({
  partitions: fc.constantFrom(1, 3),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
});

/** Whoever spreads a tenant over partitions keeps the milestones of a case together. */
const partitionOf = (id: string, partitions: number): number => hash32(id) % partitions;

/** Reads the log up to the last cut; at each of them every case is compared. Returns what then was said. */
function readUntil({ partitions, sizes, cuts }: Reading): CaseWorld[] {
  const worlds = Array.from({ length: partitions }, () => new CaseWorld({ flows: [flow] }));
  let from = 0;
  for (const cut of cuts.toSorted((a, b) => a - b)) {
    const clock = Math.ceil((firstAt + cut * (endAt - firstAt)) / minute) * minute;
    const seen = steps.filter(({ at }) => at < clock);
    for (const [partition, world] of worlds.entries()) {
      const own = seen.slice(from).filter(({ id }) => partitionOf(id, partitions) === partition);
      feed(world, own, sizes);
      world.tick(clock);
    }
    from = seen.length;
    compare(worlds, expectedCases(seen, { flow, clock }));
  }
  return worlds;
}

function feed(world: CaseWorld, own: readonly Step[], sizes: readonly number[]): void {
  for (let at = 0, number = 0; at < own.length; number++) {
    const size = sizes[number % sizes.length] ?? 1;
    world.send(own.slice(at, at + size));
    at += size;
  }
}

function compare(worlds: readonly CaseWorld[], expected: ReadonlyMap<string, ExpectedCase>): void {
  const found = new Map(worlds.flatMap((world) => [...casesOf(world.table())]));
  expect(found.size).toBe(expected.size);
  // One by one: a difference of two maps of a thousand takes minutes to print.
  for (const [id, standing] of expected) expect(found.get(id), id).toEqual(standing);
}

/** Stages of all cases as measurements would have them. */
const stagesOf = (all: ReadonlyMap<string, ExpectedCase>): string[] =>
  [...all.values()].flatMap(({ stageCount, milestones, milestoneAts, stageMs }) =>
    stageMs
      .map((ms, to) => `${milestoneAts[to]} ${milestones[to - 1]} -> ${milestones[to]} ${ms / hour}`)
      .slice(1, stageCount + 1),
  );

describe('the cases of a real process', () => {
  it('stand exactly as they do by definition, whenever the log is frozen, in any records, on one partition or three', () => {
    fc.assert(
      fc.property(reading, (one) => void readUntil(one)),
      { numRuns: 8 },
    );
  }, 60_000);

  it('end as published: so many in time, so many late, so many not ended', () => {
    const worlds = readUntil({ partitions: 1, sizes: [7, 1, 30], cuts: [1] });
    const all = [...casesOf(worlds.flatMap((world) => world.table())).values()];
    const count = (status: string, risk?: string) =>
      all.filter((one) => one.status === status && (risk === undefined || one.risk === risk)).length;
    expect({
      cases: all.length,
      events: all.reduce((sum, { milestones }) => sum + milestones.filter((name) => name !== 'End').length, 0),
      sla_met: count('closed', 'none'),
      sla_breached: count('closed', 'breached'),
      no_enddate: count('open'),
    }).toEqual({
      cases: facts.cases,
      events: facts.events,
      sla_met: facts.sla_met,
      sla_breached: facts.sla_breached,
      no_enddate: facts.no_enddate,
    });
  }, 60_000);

  it('leave the duration of every stage and case as a measurement, once, with what its target makes of it', () => {
    const worlds = readUntil({ partitions: 3, sizes: [1, 5], cuts: [0.3, 1] });
    for (const world of worlds) world.tick(endAt + SETTLE_MS);
    const all = expectedCases(steps, { flow, clock: endAt });
    const events = worlds.flatMap((world) => world.table() && world.events);
    const stages = events.filter(({ metric }) => metric === 'StageDuration');
    const texts = stages.map(({ at, value, dimensions }) => `${at} ${dimensions.stage} ${value}`);
    expect(texts.sort()).toEqual(stagesOf(all).sort());
    const cycles = events.filter(({ metric }) => metric === 'CaseCycleTime');
    const isMet = ({ value, slaTarget }: (typeof cycles)[number]) => slaTarget !== null && value <= slaTarget;
    expect([cycles.filter(isMet).length, cycles.length]).toEqual([facts.sla_met, facts.sla_met + facts.sla_breached]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  }, 60_000);
});
