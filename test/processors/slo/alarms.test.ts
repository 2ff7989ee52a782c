import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUIET_MS } from '../../../processors/slo/alarm.ts';
import { slo } from '../../../processors/slo/slo.ts';
import { ALARM_KINDS, alarmId, type SloRow } from '../../../processors/slo/slo-row.ts';
import type { SloDefinition } from '../../../schemas/control/control-record.ts';
import {
  createMaintenance,
  createSettings,
  createSlo,
  day,
  hour,
  live,
  minute,
  SloWorld,
  steps,
} from '../../support/slo-worlds.ts';

const start = Date.UTC(2026, 2, 2);

/** Minute by minute, live, events of which the share is bad that is given, or that a function of the minute tells. */
function pass(world: SloWorld, minutes: number, bad: number | ((minute: number) => number)): void {
  passWith(world, { minutes, perMinute: 10, badShare: typeof bad === 'number' ? () => bad : bad });
}

interface Passing {
  minutes: number;
  /** Events. */
  perMinute: number;
  badShare: (minute: number) => number;
}

function passWith(world: SloWorld, { minutes, perMinute, badShare }: Passing): void {
  for (let n = 0; n < minutes; n++) {
    const { clock } = world.context;
    const bad = Math.round(badShare(n) * perMinute);
    world.feed(
      Array.from({ length: perMinute }, (_, index) => ({ at: clock + index, isBad: index < bad, urgency: 'high' })),
    );
    world.tell({ clock: clock + minute, watermark: clock + minute });
  }
}

const worldOf = (given: Partial<SloDefinition> = {}) =>
  new SloWorld(start, createSettings(1, { slos: [createSlo({ objective: 0.99, minEvents: 20, ...given })] }));

const told = (world: SloWorld) =>
  world.rows.map(
    ({ kind, status, startedAt, at }) => `${kind} ${status} ${(startedAt - start) / minute} ${(at - start) / minute}`,
  );
const ofKind = (world: SloWorld, kind: SloRow['kind']) => world.rows.filter((row) => row.kind === kind);

/** Rows of one kind of alarm: opened, ended, opened, ended. */
function expectTurns(rows: readonly SloRow[]): void {
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1];
    expect(row).toMatchObject(index % 2 === 0 ? { status: 'open', revision: 1 } : { status: 'resolved', revision: 2 });
    if (before !== undefined) expect(alarmId(row) === alarmId(before)).toBe(row.status === 'resolved');
    if (row.status === 'resolved') expect(row.at - row.endedAt).toBeGreaterThanOrEqual(QUIET_MS);
  }
}

describe('a burn alarm', () => {
  it('begins when both windows burn beyond the threshold, and ends when it has been quiet for ten minutes', () => {
    const world = worldOf({ windowDays: 30 });
    pass(world, 12 * 60, 0);
    pass(world, 9, 1);
    pass(world, 30, 0);
    const [open, resolved] = ofKind(world, 'burn_fast');
    // 14.4 times 1 % of the events of an hour are bad with the ninth minute.
    expect(open).toMatchObject({
      status: 'open',
      revision: 1,
      startedAt: start + 729 * minute,
      endedAt: 0,
      threshold: 14.4,
    });
    expect(open?.burnShort).toBeCloseTo(100, 6);
    expect(open?.burnLong).toBeCloseTo(15, 6);
    // The five-minute window is below 0.9 of it once all of its minutes are good.
    expect(resolved).toMatchObject({
      status: 'resolved',
      revision: 2,
      endedAt: start + 734 * minute,
      reason: 'recovered',
    });
    expect(resolved?.at).toBe((resolved?.endedAt ?? 0) + QUIET_MS);
    expect(ofKind(world, 'burn_fast').length).toBe(2);
  });

  it('is slow where the budget lasts longer: 5 % of it in six hours', () => {
    const world = worldOf({ windowDays: 30 });
    pass(world, 12 * 60, 0);
    pass(world, 6 * 60, 0.1);
    expect(ofKind(world, 'burn_fast')).toEqual([]);
    expect(ofKind(world, 'burn_slow')).toMatchObject([{ status: 'open', threshold: 6 }]);
    const spent = ((ofKind(world, 'burn_slow')[0]?.startedAt ?? 0) - start - 12 * hour) / minute;
    expect(spent).toBe(216); // of 360 minutes at ten times the rate
  });

  it('needs the threshold of its window: a longer one has more to burn', () => {
    const world = worldOf({ windowDays: 366 });
    pass(world, 12 * 60, 0);
    pass(world, 60, 1);
    // 175.7 times 1 % is more than everything.
    expect(ofKind(world, 'burn_fast')).toEqual([]);
    pass(world, 5 * 60, 1);
    expect(ofKind(world, 'burn_slow')).toMatchObject([{ status: 'open', threshold: 73.2 }]);
  });

  it('is not raised by a few events', () => {
    const world = worldOf({ minEvents: 100 });
    passWith(world, { minutes: 60, perMinute: 1, badShare: () => 1 });
    expect(ofKind(world, 'burn_fast')).toEqual([]);
    expect(ofKind(world, 'breach')).toEqual([]);
    passWith(world, { minutes: 60, perMinute: 2, badShare: () => 1 });
    expect(ofKind(world, 'burn_fast').length).toBe(1);
  });

  it('does not flap where the burning goes up and down around its threshold', () => {
    const world = worldOf({ objective: 0.9, windowDays: 7 });
    // Threshold 3.36: 30 and 40 % of the events by turns of eight minutes.
    pass(world, 24 * 60, (n) => (Math.floor(n / 8) % 2 === 0 ? 0.4 : 0.3));
    expect(ofKind(world, 'burn_fast').map(({ status }) => status)).toEqual(['open']);
  });

  it('is told again when maintenance mutes it, and when none does any more', () => {
    const world = worldOf();
    pass(world, 30, 1);
    const { clock, settings } = world.context;
    const muting = { excludeFromSla: false, suppressAlerts: true };
    const maintenance = [createMaintenance(clock, clock + 5 * minute, { id: '7', ...muting })];
    world.tell({ settings: createSettings(2, { ...settings, maintenance }) });
    pass(world, 10, 1);
    expect(ofKind(world, 'burn_fast').map(({ mutedBy, revision }) => [mutedBy, revision])).toEqual([
      ['', 1],
      ['7', 2],
      ['', 3],
    ]);
  });
});

describe('a breach', () => {
  it('begins when the budget is overspent, and ends when the objective is met again', () => {
    const world = worldOf({ objective: 0.9, windowDays: 1 });
    pass(world, 60, 0);
    pass(world, 6, 1);
    expect(ofKind(world, 'breach')).toEqual([]);
    pass(world, 1, 1);
    expect(ofKind(world, 'breach')).toMatchObject([
      { status: 'open', events: 670, bad: 70, windowFrom: start + hour - day },
    ]);
    pass(world, 3, 0);
    expect(ofKind(world, 'breach').length).toBe(1);
    pass(world, 10, 0);
    expect(ofKind(world, 'breach')[1]).toMatchObject({
      status: 'resolved',
      endedAt: start + 70 * minute,
      reason: 'recovered',
    });
  });

  it('is over when a calendar window begins anew', () => {
    const world = worldOf({ objective: 0.9, windowDays: 0, calendar: 'week', timeZone: 'Europe/Berlin' });
    pass(world, 60, 1);
    world.tell({ clock: start + 7 * day });
    world.tell({ clock: start + 7 * day + 20 * minute });
    expect(ofKind(world, 'breach').map(({ status }) => status)).toEqual(['open', 'resolved']);
  });

  it('is over when maintenance told of afterwards takes its events out', () => {
    const world = worldOf({ objective: 0.9 });
    pass(world, 60, 0.2);
    expect(ofKind(world, 'breach').length).toBe(1);
    const maintenance = [createMaintenance(start, start + hour)];
    world.tell({ settings: createSettings(2, { ...world.context.settings, maintenance }) });
    pass(world, 11, 0);
    expect(ofKind(world, 'breach')[1]).toMatchObject({ status: 'resolved', events: 110, bad: 0 });
  });

  it('is found at its minute where a record brings history', () => {
    const world = worldOf({ objective: 0.9 });
    const history = Array.from({ length: 400 }, (_, n) => ({
      at: start + n * hour,
      isBad: n < 300 && n % 5 === 0,
      urgency: 'high',
    }));
    world.feed(history);
    const clock = start + 400 * hour;
    world.tell({ clock, watermark: clock });
    expect(told(world)[0]).toBe(`breach open ${19 * 60 + 1} ${19 * 60 + 1}`);
  });
});

describe('alarms', () => {
  it('end when their SLO is removed, or counts other events', () => {
    for (const slos of [[], [createSlo({ dimensions: { urgency: 'high' } })]]) {
      const world = worldOf();
      pass(world, 60, 1);
      world.tell({ settings: createSettings(2, { slos }) });
      const open = world.rows.filter(({ status }) => status === 'open').map(alarmId);
      const removed = world.rows.filter(({ reason }) => reason === 'removed').map(alarmId);
      expect(removed.length).toBe(3);
      expect(removed).toEqual(expect.arrayContaining(open));
    }
  });

  it('go on when the objective of their SLO is changed', () => {
    const world = worldOf({ objective: 0.9 });
    pass(world, 60, 0.2);
    world.tell({ settings: createSettings(2, { slos: [createSlo({ objective: 0.7 })] }) });
    pass(world, 11, 0.2);
    expect(ofKind(world, 'breach').map(({ status, definition }) => [status, definition.objective])).toEqual([
      ['open', 0.9],
      ['resolved', 0.7],
    ]);
  });

  it('are, each kind for itself, opened and ended by turns, each with an id and revisions of its own, whatever happens', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0.5, 0.9), (list, objective) => {
        const world = worldOf({ objective, minEvents: 2, windowDays: 2 });
        live(world, list);
        for (const kind of ALARM_KINDS) expectTurns(ofKind(world, kind));
      }),
      { numRuns: 200 },
    );
  });

  it('are signals, with figures for whoever reads nothing else', () => {
    const world = worldOf({ dimensions: { urgency: 'high' } });
    pass(world, 60, 1);
    const [row] = ofKind(world, 'burn_fast');
    const made = row && slo.toSignal?.(row);
    expect(made?.tenant).toBe('org_acme');
    expect(made?.signal).toMatchObject({
      ...{
        kind: 'slo_burn',
        status: 'open',
        revision: 1,
        subjectKind: 'capability',
        subject: 'P2P',
        metric: 'CycleTime',
      },
      details: {
        sloId: 'cycle',
        alarm: 'burn_fast',
        objective: '0.99',
        threshold: '14.4',
        'dimension.urgency': 'high',
      },
    });
    expect(made?.signal.id).toMatch(/^slo-[0-9a-f]{24}$/);
    expect(made?.signal.score).toBeGreaterThan(0.5);
    const breach = ofKind(world, 'breach')[0];
    expect(breach && slo.toSignal?.(breach)?.signal).toMatchObject({
      kind: 'slo_breach',
      details: { alarm: 'breach' },
    });
  });
});
