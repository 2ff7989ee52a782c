import { describe, expect, it } from 'vitest';
import { PartitionFold } from '../../../processors/analytics/partition-fold.ts';
import { SETTLE_MS } from '../../../processors/cases/case-events.ts';
import { CLOSED_KEPT_MS, cases, MAX_CASES } from '../../../processors/cases/cases.ts';
import { MAX_MILESTONES } from '../../../processors/cases/milestones.ts';
import type { Measurement } from '../../../processors/processor.ts';
import { toExpectedCase } from '../../support/case-reference.ts';
import { CaseWorld, createFlow, createPeriod, day, hour, minute, type Step } from '../../support/cases.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';
import { readNativeBlock } from '../../support/native-reader.ts';

const step = (name: string, offsetMs: number, rest: Partial<Step> = {}): Step => ({
  ...{ id: 'case-1', name, at: testAt + offsetMs },
  ...rest,
});
const tenHours = { flows: [createFlow({ targetMs: 10 * hour })] };
const saidOf = ({ signals }: CaseWorld) =>
  signals.map(({ kind, status, startedAt, at }) => [kind, status, (startedAt - testAt) / hour, (at - testAt) / hour]);

describe('a case with a target', () => {
  it('is at risk from 80 % of it on, breached beyond it, and said to be so until it ends', () => {
    const world = new CaseWorld(tenHours);
    world.send([step('A', 0)]);
    const riskAfter = (offsetMs: number) => {
      world.tick(testAt + offsetMs);
      return toExpectedCase(world.row('case-1')).risk;
    };
    expect(riskAfter(8 * hour - minute)).toBe('none');
    expect(riskAfter(8 * hour)).toBe('at_risk');
    expect(riskAfter(10 * hour)).toBe('at_risk');
    expect(riskAfter(10 * hour + minute)).toBe('breached');
    world.send([step('End', 12 * hour)]);
    world.tick(testAt + 13 * hour);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ status: 'closed', risk: 'breached', isStuck: false });
    expect(saidOf(world)).toEqual([
      ['case_at_risk', 'open', 8, 8],
      ['case_at_risk', 'resolved', 8, 10 + 1 / 60],
      ['case_breached', 'open', 10, 10],
      ['case_breached', 'resolved', 10, 12],
    ]);
    expect(new Set(world.signals.map(({ id, status, revision }) => `${id} ${status} ${revision}`)).size).toBe(4);
    expect(world.signals[0]).toMatchObject({
      ...{ subjectKind: 'capability', subject: 'P2P', metric: 'Milestone', mutedBy: '', score: 0.7 },
      details: { correlationId: 'case-1', milestone: 'A', dueAt: String(testAt + 10 * hour) },
    });
  });

  it('is in time when it ends at its very end', () => {
    const world = new CaseWorld(tenHours);
    world.send([step('A', 0), step('A', 0, { id: 'case-2' })]);
    world.send([step('End', 10 * hour), step('End', 10 * hour + 1, { id: 'case-2' })]);
    expect(['case-1', 'case-2'].map((id) => toExpectedCase(world.row(id)).risk)).toEqual(['none', 'breached']);
  });

  it('that ended too late before anybody could be told is told both of at once', () => {
    const world = new CaseWorld(tenHours);
    world.send([step('A', 0)]);
    world.send([step('End', 11 * hour)]);
    world.tick(testAt + 12 * hour);
    world.tick(testAt + 13 * hour);
    expect(world.row('case-1').status).toBe(2);
    expect(saidOf(world)).toEqual([
      ['case_breached', 'open', 10, 10],
      ['case_breached', 'resolved', 10, 11],
    ]);
    const [open, resolved] = world.signals;
    expect(resolved?.id).toBe(open?.id);
    expect(resolved?.revision).toBeGreaterThan(open?.revision ?? 0);
  });

  it('that ended late long ago is no news, however late that is told', () => {
    const world = new CaseWorld(tenHours);
    world.send([step('Z', 30 * day, { id: 'case-2' })]);
    world.send([step('A', 0), step('End', 11 * hour)], testAt + 30 * day);
    world.tick(testAt + 30 * day + minute);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ status: 'closed', risk: 'breached' });
    expect(world.signals).toEqual([]);
    expect(world.events.map(({ value }) => value)).toEqual([11, 11]);
  });

  it('goes by the deadline of its latest milestone that has one, if there is any', () => {
    const deadlines = { flows: [createFlow({ targetMs: 10 * hour, deadlineDimension: 'due' })] };
    const world = new CaseWorld(deadlines);
    const due = (offsetMs: number) => ({ dimensions: { due: new Date(testAt + offsetMs).toISOString() } });
    const dueAt = () => (Number(world.row('case-1').due_at) - testAt) / hour;
    world.send([step('A', 0)]);
    expect(dueAt()).toBe(10);
    world.send([step('B', hour, due(4 * hour))]);
    expect(dueAt()).toBe(4);
    world.send([step('C', 2 * hour, due(7 * hour)), step('D', 2 * hour + 1, { dimensions: { due: 'tomorrow' } })]);
    expect(dueAt()).toBe(7);
    world.send([step('E', 2 * hour + 2, { dimensions: { due: '2026-03-18T12:00:00+02:00' } })]);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ risk: 'breached', targetMs: -26 * hour });
  });

  it('stands still in maintenance of its capability that counts for no SLA, also in one that is told of later', () => {
    const world = new CaseWorld(tenHours);
    world.send([step('A', 0)]);
    world.tick(testAt + 11 * hour);
    expect(toExpectedCase(world.row('case-1')).risk).toBe('breached');
    world.set({ ...tenHours, maintenance: [createPeriod(testAt + hour, testAt + 5 * hour)] });
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ risk: 'none', dueAt: testAt + 14 * hour });
    world.set({ ...tenHours, maintenance: [createPeriod(testAt + hour, testAt + 5 * hour, { subjects: ['CLAIMS'] })] });
    expect(toExpectedCase(world.row('case-1')).risk).toBe('breached');
    world.set({
      ...tenHours,
      maintenance: [createPeriod(testAt + hour, testAt + 5 * hour, { excludeFromSla: false })],
    });
    expect(toExpectedCase(world.row('case-1')).risk).toBe('breached');
    world.set({ ...tenHours, maintenance: [createPeriod(testAt + hour, 253_402_300_799_999)] });
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ risk: 'none', dueAt: 0 });
  });
});

describe('a case', () => {
  it('is stuck when no milestone comes, until one does', () => {
    const world = new CaseWorld({ flows: [createFlow({ stuckAfterMs: 2 * hour })] });
    world.send([step('A', 0)]);
    world.tick(testAt + 3 * hour);
    expect(world.row('case-1').is_stuck).toBe(true);
    world.send([step('B', 4 * hour)]);
    world.tick(testAt + 5 * hour);
    expect(world.row('case-1').is_stuck).toBe(false);
    expect(saidOf(world).map(([kind, status, since]) => [kind, status, since])).toEqual([
      ['case_stuck', 'open', 2],
      ['case_stuck', 'resolved', 2],
    ]);
  });

  it('is at risk and breached by the stage it is in, and no longer when that has ended', () => {
    const world = new CaseWorld({ flows: [createFlow({ stageTargetsMs: { B: 10 * hour } })] });
    world.send([step('A', 0), step('B', hour)]);
    world.tick(testAt + 10 * hour);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ risk: 'at_risk', stageDueAt: testAt + 11 * hour });
    world.tick(testAt + 12 * hour);
    expect(toExpectedCase(world.row('case-1')).risk).toBe('breached');
    world.send([step('C', 13 * hour)]);
    world.tick(testAt + 14 * hour);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ risk: 'none', stageDueAt: 0 });
    expect(world.events.find(({ dimensions }) => dimensions.stage === 'B -> C')).toMatchObject({
      value: 12,
      slaTarget: 10,
    });
  });

  it('without a flow stays open, is never at risk, and its measurements wait for one', () => {
    const world = new CaseWorld({ flows: [] });
    world.send([step('A', 0), step('End', hour)]);
    world.tick(testAt + 300 * day);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ status: 'open', risk: 'none', milestone: 'End' });
    expect([world.events, world.signals]).toEqual([[], []]);
    world.set({ flows: [createFlow()] });
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ status: 'closed', closedAt: testAt + hour });
    expect(world.events.map(({ metric }) => metric)).toEqual(['StageDuration', 'CaseCycleTime']);
  });

  it('puts in order what comes late, and ends with the first milestone that ends it', () => {
    const world = new CaseWorld();
    world.send([step('A', 0), step('C', 40 * minute), step('End', 50 * minute)]);
    world.send([step('B', 10 * minute), step('Z', 55 * minute)], testAt + hour);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({
      ...{ status: 'closed', closedAt: testAt + 50 * minute, stageCount: 3 },
      milestones: ['A', 'B', 'C', 'End', 'Z'],
      stageMs: [0, 10, 30, 10, 5].map((count) => count * minute),
    });
  });

  it('is nobody else’s: other metrics, no correlation id, no name make none', () => {
    const keyOf = (rest: Partial<Measurement>) =>
      cases.key({
        ...{ tenant: 't', subjectKind: 'capability', subject: 'P2P', metric: 'Milestone', correlationId: 'c' },
        ...{ dimensions: { milestone: 'A' }, ...rest },
      } as Measurement);
    expect(keyOf({})).toBe('P2P\0c');
    expect(keyOf({ metric: 'CycleTime' })).toBeUndefined();
    expect(keyOf({ correlationId: '' })).toBeUndefined();
    expect(keyOf({ dimensions: {} })).toBeUndefined();
    expect(keyOf({ subjectKind: 'service' })).toBeUndefined();
  });

  it('may have milestones of any name', () => {
    const world = new CaseWorld({ flows: [createFlow({ deadlineDimension: 'toString' })] });
    for (const [index, name] of ['constructor', '__proto__', 'toString'].entries())
      world.send([step(name, index * hour)]);
    world.tick(testAt + day);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ risk: 'none', targetMs: null, stageDueAt: 0 });
  });
});

describe('the measurements of a case', () => {
  it('are its stages and its whole time in hours, told when they have settled, with the targets of the flow', () => {
    const world = new CaseWorld({ flows: [createFlow({ targetMs: 3 * hour, stageTargetsMs: { A: hour } })] });
    world.send([step('A', 0), step('B', 90 * minute), step('End', 2 * hour)]);
    const told = () =>
      world.table() && world.events.map(({ metric, value, dimensions }) => [metric, value, dimensions]);
    world.tick(testAt + 2 * hour + SETTLE_MS - 1);
    expect(told()).toEqual([['StageDuration', 1.5, { stage: 'A -> B' }]]);
    world.tick(testAt + 2 * hour + SETTLE_MS);
    world.tick(testAt + 2 * day);
    expect(told()).toEqual([
      ['StageDuration', 1.5, { stage: 'A -> B' }],
      ['StageDuration', 0.5, { stage: 'B -> End' }],
      ['CaseCycleTime', 2, {}],
    ]);
    expect(world.events.map(({ slaTarget }) => slaTarget)).toEqual([1, null, 3]);
    expect(world.events.map(({ at }) => (at - testAt) / hour)).toEqual([1.5, 2, 2]);
    expect(world.events.map(({ id }) => /^evt_[0-9a-f-]{36}$/.test(id))).toEqual([true, true, true]);
  });

  it('leave out the time of maintenance, and names of which there are too many', () => {
    const world = new CaseWorld({ maintenance: [createPeriod(testAt, testAt + hour)] });
    world.send([step('A', 0), step('B', 3 * hour), step('C', 4 * hour, { unrolled: ['milestone'] })]);
    world.tick(testAt + 5 * hour);
    world.table();
    expect(world.events.map(({ value, dimensions }) => [value, dimensions])).toEqual([
      [2, { stage: 'A -> B' }],
      [1, {}],
    ]);
  });
});

describe('signals of a case', () => {
  it('say which maintenance mutes them', () => {
    const maintenance = [createPeriod(testAt + 7 * hour, testAt + 9 * hour, { id: '12', suppressAlerts: true })];
    const flows = [createFlow({ targetMs: 10 * hour, pausesInMaintenance: false })];
    const world = new CaseWorld({ flows, maintenance });
    world.send([step('A', 0)]);
    world.tick(testAt + 8 * hour);
    world.tick(testAt + 11 * hour);
    world.table();
    const opened = world.signals.filter(({ status }) => status === 'open');
    expect(opened.map(({ kind, mutedBy }) => [kind, mutedBy])).toEqual([
      ['case_at_risk', '12'],
      ['case_breached', ''],
    ]);
  });
});

const milestoneBatch = (tenant: string, id: string, offsetMs: number) =>
  createBatch([], {
    tenant,
    events: [
      createEvent(id, {
        ...{ metric: 'Milestone', at: testAt + offsetMs, correlationId: id },
        dimensions: { milestone: 'A' },
      }),
    ],
  });

describe('what is kept of cases', () => {
  it('ends a while after they have; what comes then is another episode', () => {
    const world = new CaseWorld();
    world.send([step('A', 0), step('End', hour)]);
    world.send([step('Z', 2 * hour)]);
    world.tick(testAt + 2 * hour + CLOSED_KEPT_MS - minute);
    expect([...world.snapshot().values()].join('')).toContain(Buffer.from('case-1').toString('hex'));
    world.tick(testAt + 2 * hour + CLOSED_KEPT_MS);
    expect([...world.snapshot().values()].join('')).not.toContain(Buffer.from('case-1').toString('hex'));
    world.send([step('A', 50 * day)]);
    expect(world.table().map(({ status, milestones }) => [status, milestones])).toEqual([
      [2, ['A', 'End', 'Z']],
      [1, ['A']],
    ]);
  });

  it('ends with the retention after the last milestone of one that never ends: it is abandoned', () => {
    const world = new CaseWorld(tenHours, 30);
    world.send([step('A', 0)]);
    world.tick(testAt + 30 * day - minute);
    expect(world.row('case-1').status).toBe(1);
    world.tick(testAt + 30 * day);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ status: 'abandoned', closedAt: testAt + 30 * day });
    expect(saidOf(world).at(-1)).toEqual(['case_breached', 'resolved', 10, 30 * 24]);
    expect([...world.snapshot().values()].join('')).not.toContain(Buffer.from('case-1').toString('hex'));
  });

  it('is so many cases a tenant, and those go on', () => {
    expect(cases.maxStates).toBe(MAX_CASES);
    const fold = new PartitionFold(0, [{ ...cases, maxStates: 2 }]);
    const send = (offset: number, tenant: string, id: string) =>
      fold.onBatch({ offset, batch: milestoneBatch(tenant, id, offset) });
    for (const [offset, id] of ['a', 'b', 'c', 'a', 'c'].entries()) send(offset, 'org_a', id);
    send(5, 'org_b', 'c');
    expect(fold.stats).toMatchObject({ measurements: 6, refused: 2 });
    const told = fold.takeBlocks().flatMap(({ body }) => readNativeBlock(body));
    expect(told.map((row) => `${row.tenant} ${row.correlation_id}`)).toEqual([
      ...['org_a a', 'org_a b', 'org_a a', 'org_b c'],
    ]);
  });

  it('is so many milestones and the last one, told once a minute, however many come', () => {
    const world = new CaseWorld();
    const count = 2 * MAX_MILESTONES;
    for (let number = 0; number < count; number++) world.send([step(`M${number}`, number * 1_000)]);
    world.tick(testAt + hour);
    const row = world.row('case-1');
    expect([row.milestone_count, row.milestone, (row.milestones as string[]).length]).toEqual([
      count,
      `M${count - 1}`,
      MAX_MILESTONES,
    ]);
    expect(world.rows.length).toBeLessThan(2 * MAX_MILESTONES + 20);
    expect(world.events).toHaveLength(MAX_MILESTONES - 2);
    world.send([step('End', 2 * hour)]);
    for (let number = 0; number < 3; number++) world.send([step('After', 3 * hour + number)]);
    world.tick(testAt + 4 * hour);
    expect(toExpectedCase(world.row('case-1'))).toMatchObject({ status: 'closed', closedAt: testAt + 2 * hour });
    world.restart();
    expect(world.row('case-1').milestone_count).toBe(count + 4);
  });
});
