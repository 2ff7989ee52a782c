import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaseFlow } from '../../../schemas/control/control-record.ts';
import { casesOf, type ExpectedCase, expectedCases } from '../../support/case-reference.ts';
import { CaseWorld, createFlow, createPeriod, minute, type Step } from '../../support/cases.ts';
import { testAt } from '../../support/event-batches.ts';

/** Times fall on a coarse grid, so that ends, targets and pauses often meet. */
const unit = 10 * minute;
const lastUnit = 80;
const units = (max: number) => fc.integer({ min: 1, max });
const durations = fc.option(fc.constantFrom(5, 10, 20, 40).map((count) => count * unit));
const deadline = fc.option(units(lastUnit), { freq: 4, nil: undefined });

const step = fc.record({
  id: fc.constantFrom('case-1', 'case-2', 'case-3'),
  name: fc.constantFrom('A', 'B', 'C', 'D', 'End'),
  at: units(lastUnit),
  deadline,
  // How much later than it happened it comes: at once, within the grace of an hour, beyond it.
  delay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 60 })),
});
const flow = fc.record({
  targetMs: durations,
  stuckAfterMs: durations,
  stage: durations,
  endMilestones: fc.subarray(['End', 'D']),
  pausesInMaintenance: fc.boolean(),
});
const pause = fc.record({ from: units(lastUnit), length: units(20) });
const world = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 25 }),
  flow,
  pauses: fc.array(pause, { maxLength: 4 }),
  /** Sizes of records; when time is told; when the process dies. */
  sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
  ticks: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  restarts: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
  /** Whether the settings come before or after the milestones. */
  isLateSettings: fc.boolean(),
  later: fc.integer({ min: 1, max: 40 }),
});
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

/** Soon after the last milestone, or later. */
const endOf = ({ steps, later }: World): number => at(Math.max(...steps.map((one) => one.at + one.delay)) + later);

const at = (count: number): number => testAt + count * unit;

function toFlow({ stage, ...rest }: World['flow']): CaseFlow {
  const stageTargetsMs: Record<string, number> = stage === null ? {} : { B: stage };
  return createFlow({ ...rest, stageTargetsMs, deadlineDimension: 'deadline' });
}

/** In the order they come, with the time of receipt. */
function toArrivals(steps: World['steps']): (Step & { receivedAt: number })[] {
  return steps
    .map((one) => ({
      ...{ id: one.id, name: one.name, at: at(one.at), receivedAt: at(one.at + one.delay) },
      ...(one.deadline === undefined ? {} : { dimensions: { deadline: new Date(at(one.deadline)).toISOString() } }),
    }))
    .sort((a, b) => a.receivedAt - b.receivedAt);
}

/** Feeds a world to the processor as its sizes, ticks and restarts say, and lets the clock come to `end`. */
function run(one: World, arrivals: readonly (Step & { receivedAt: number })[], end: number): CaseWorld {
  const settings = {
    flows: [toFlow(one.flow)],
    maintenance: toPauses(one).map(({ from, to }) => createPeriod(from, to)),
  };
  const made = new CaseWorld(one.isLateSettings ? { flows: [] } : settings);
  let number = 0;
  for (let from = 0; from < arrivals.length; number++) {
    const size = one.sizes[number % one.sizes.length] ?? 1;
    const record = arrivals.slice(from, from + size);
    const receivedAt = record.at(-1)?.receivedAt ?? 0;
    made.send(record, receivedAt);
    if (one.ticks[number % one.ticks.length]) made.tick(receivedAt);
    if (one.restarts[number % one.restarts.length]) made.restart();
    from += size;
  }
  if (one.isLateSettings) made.set(settings);
  made.beat(end);
  made.tick(end);
  return made;
}

const toPauses = ({ pauses }: World) => pauses.map(({ from, length }) => ({ from: at(from), to: at(from + length) }));

/** The cases of a tenant are told in any order. */
const sorted = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort();

function reasonsOf({ status, risk, isStuck }: ExpectedCase): string[] {
  const ofRisk = status === 'open' && risk !== 'none' ? [`case_${risk}`] : [];
  return isStuck ? [...ofRisk, 'case_stuck'] : ofRisk;
}

describe('cases', () => {
  it('stand as their milestones, targets and pauses say, whatever they are read in, and through restarts', () => {
    fc.assert(
      fc.property(world, (one) => {
        const arrivals = toArrivals(one.steps);
        const end = endOf(one);
        const made = run(one, arrivals, end);
        const question = { flow: toFlow(one.flow), pauses: toPauses(one), clock: end };
        expect(casesOf(made.table())).toEqual(expectedCases(arrivals, question));
      }),
      { numRuns: 400 },
    );
  });

  it('go on from a snapshot as if nothing had been, byte by byte', () => {
    fc.assert(
      fc.property(world, (one) => {
        const arrivals = toArrivals(one.steps);
        const end = endOf(one);
        const undisturbed = run({ ...one, restarts: [false] }, arrivals, end);
        const restarted = run({ ...one, restarts: [true] }, arrivals, end);
        expect(restarted.snapshot()).toEqual(undisturbed.snapshot());
        expect(sorted(restarted.rows)).toEqual(sorted(undisturbed.rows));
        expect(sorted(restarted.signals)).toEqual(sorted(undisturbed.signals));
        expect(sorted(restarted.events)).toEqual(sorted(undisturbed.events));
      }),
      { numRuns: 150 },
    );
  });

  it('say of each revision one thing, of each stage at most once, and leave no signal open that has no reason', () => {
    fc.assert(
      fc.property(world, (one) => {
        const end = endOf(one);
        const made = run(one, toArrivals(one.steps), end);
        const table = casesOf(made.table());
        const texts = new Map<string, string>();
        for (const row of made.rows) {
          const name = `${row.correlation_id} ${row.revision}`;
          expect(texts.get(name) ?? JSON.stringify(row)).toBe(JSON.stringify(row));
          texts.set(name, JSON.stringify(row));
        }
        expect(new Set(made.events.map(({ id }) => id)).size).toBe(made.events.length);
        const last = new Map(made.signals.map((signal) => [signal.id, signal]));
        const open = [...last.values()].filter(({ status }) => status === 'open');
        const reasons = [...table].flatMap(([id, standing]) => reasonsOf(standing).map((kind) => `${id} ${kind}`));
        expect(open.map(({ details, kind }) => `${details.correlationId} ${kind}`).sort()).toEqual(reasons.sort());
      }),
      { numRuns: 200 },
    );
  });
});
