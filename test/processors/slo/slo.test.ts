import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodOf } from '../../../bench/support/periods.ts';
import { slo } from '../../../processors/slo/slo.ts';
import { statusAt } from '../../../processors/slo/slo-status.ts';
import type { SloDefinition } from '../../../schemas/control/control-record.ts';
import { excludedSpans } from '../../../schemas/slo/exclusions.ts';
import { allowedShare } from '../../../schemas/slo/slo-figures.ts';
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
  type WorldEvent,
} from '../../support/slo-worlds.ts';

/** Some hours before clocks are set and before weeks, months and years begin, in zones whose midnight may be no full hour of UTC or not exist. */
const starts = [
  Date.UTC(2026, 2, 29, 18, 7),
  Date.UTC(2026, 2, 31, 19, 50),
  Date.UTC(2018, 10, 3, 22, 30),
  Date.UTC(2018, 10, 5, 0, 10),
  Date.UTC(2018, 1, 17, 21, 59),
  Date.UTC(2025, 11, 31, 16, 10),
];
const zones = ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'UTC'];
const calendars = ['week', 'month', 'quarter', 'year'] as const;

const definitions: fc.Arbitrary<SloDefinition> = fc
  .record({
    windowDays: fc.constantFrom(1, 2, 7, 30, 366),
    calendar: fc.constantFrom('none' as const, ...calendars),
    timeZone: fc.constantFrom(...zones),
    objective: fc.constantFrom(0.5, 0.9, 0.99),
    dimensions: fc.constantFrom({}, { urgency: 'high' }, { urgency: 'nobody' }),
    minEvents: fc.integer({ min: 1, max: 5 }),
  })
  .map((given) => createSlo(given));

/** All that happened before a minute and counts, one by one. */
function bruteCount(
  events: readonly WorldEvent[],
  definition: SloDefinition,
  { at, from }: { at: number; from?: number },
) {
  const inWindow = (event: WorldEvent): boolean => {
    if (from !== undefined) return event.at >= from;
    if (definition.calendar === 'none') return event.at >= Math.floor(at / hour) * hour - definition.windowDays * day;
    const period = (instant: number) => periodOf(instant, definition.calendar, definition.timeZone);
    return period(event.at) === period(at);
  };
  const own = events
    .filter(({ urgency }) => (definition.dimensions.urgency ?? urgency) === urgency)
    .filter((event) => event.at < at && inWindow(event));
  return { events: own.length, bad: own.filter(({ isBad }) => isBad).length };
}

function counted({ events, context }: SloWorld): WorldEvent[] {
  const isOut = (at: number) =>
    context.settings.maintenance.some(({ from, to }) => {
      const start = Math.floor(at / minute) * minute;
      return from < start + minute && to > start;
    });
  return events.filter(({ at }) => !isOut(at));
}

const worldOf = (start: number, definition: SloDefinition) =>
  new SloWorld(start, createSettings(1, { slos: [definition] }));

/** What the processor says of its SLO now. */
function statusOf(world: SloWorld) {
  const watch = world.state?.watches.get('cycle');
  if (world.state === undefined || watch === undefined) return undefined;
  const { definition, counts = world.state.counts } = watch;
  const excluded = excludedSpans(world.context.settings.maintenance, 'P2P');
  return statusAt({ definition, counts, excluded, at: Math.floor(world.context.clock / minute) * minute });
}

const burnOf = ({ events, bad }: { events: number; bad: number }, objective: number) =>
  events === 0 ? 0 : bad / events / allowedShare(objective);

describe('the figures of an SLO', () => {
  it('are at every time those of all its events, without maintenance, in any window', () => {
    fc.assert(
      fc.property(fc.constantFrom(...starts), definitions, steps, (start, definition, list) => {
        live(worldOf(start, definition), list, (world) => {
          const status = statusOf(world);
          if (status === undefined) return;
          const at = Math.floor(world.context.clock / minute) * minute;
          const events = counted(world);
          expect(status.count).toEqual(bruteCount(events, definition, { at }));
          for (const { alert, short, long } of status.burns) {
            const rate = (ms: number) =>
              burnOf(bruteCount(events, definition, { at, from: at - ms }), definition.objective);
            expect([short, long]).toEqual([rate(alert.shortMs), rate(alert.longMs)]);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('count what came before the SLO was defined, if it is about the whole series', () => {
    const start = starts[0] ?? 0;
    const world = new SloWorld(start, createSettings(0));
    const history = Array.from({ length: 200 }, (_, n) => ({
      at: start + n * hour,
      isBad: n % 4 === 0,
      urgency: 'high',
    }));
    for (const event of history) {
      world.feed([event]);
      world.tell({ clock: event.at + minute, watermark: event.at });
    }
    const slos = [createSlo(), createSlo({ id: 'high', dimensions: { urgency: 'high' } })];
    world.tell({ settings: createSettings(1, { slos }) });
    expect(statusOf(world)?.count).toEqual({ events: 200, bad: 50 });
    expect(world.state?.watches.get('high')?.counts?.isEmpty).toBe(true);
  });

  it('count, of an hour whose minutes are gone, in proportion what maintenance told of later leaves', () => {
    const start = Date.UTC(2026, 0, 1);
    const world = worldOf(start, createSlo());
    world.feed(Array.from({ length: 60 }, (_, n) => ({ at: start + n * minute, isBad: true, urgency: 'high' })));
    for (let hours = 1; hours < 9 * 24; hours++) world.tell({ clock: start + hours * hour });
    const maintenance = [createMaintenance(start, start + 15 * minute)];
    world.tell({ settings: createSettings(2, { ...world.context.settings, maintenance }) });
    expect(statusOf(world)?.count).toEqual({ events: 45, bad: 45 });
  });
});

describe('the state', () => {
  it('goes through snapshots without a trace', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.tuple(definitions, steps),
        fc.uniqueArray(fc.nat(40)),
        (start, [definition, list], restarts) => {
          const [undisturbed, restarted] = [worldOf(start, definition), worldOf(start, definition)];
          live(undisturbed, list);
          live(restarted, list, (world, step) => {
            if (restarts.includes(step)) world.restart();
          });
          expect(restarted.rows).toEqual(undisturbed.rows);
          expect(restarted.bytes()).toEqual(undisturbed.bytes());
          for (const { state, arena } of [undisturbed, restarted]) {
            if (state !== undefined) slo.release?.(state, arena);
            expect(arena.usedBytes, 'of a series that is forgotten').toBe(0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is forgotten when nothing of it counts any more', () => {
    const world = worldOf(starts[0] ?? 0, createSlo({ windowDays: 1 }));
    world.feed([{ at: starts[0] ?? 0, isBad: true, urgency: 'high' }]);
    world.tell({ clock: world.context.clock + 2 * day });
    expect(world.state && slo.isSpent?.(world.state)).toBe(false);
    for (let days = 0; days < 380; days++) world.tell({ clock: world.context.clock + day });
    expect(world.state && slo.isSpent?.(world.state)).toBe(true);
  });

  it('of a year of busy hours takes less than 30 KB with an SLO, and less than 4 KB without', () => {
    const sizeOf = (slos: SloDefinition[]) => {
      const world = new SloWorld(0, createSettings(1, { slos }));
      for (let at = 0; at < 366 * day; at += hour) {
        world.feed([0, 1, 2].map((n) => ({ at: at + n * minute, isBad: n === 0, urgency: 'high' })));
        if (at % day === 0) world.tell({ clock: at });
      }
      return world.bytes().length;
    };
    expect(sizeOf([createSlo()])).toBeLessThan(30_000);
    expect(sizeOf([])).toBeLessThan(4_000);
  });

  it('is not asked for where nothing has a target, and left alone within the hour without an SLO', () => {
    const world = new SloWorld(starts[0] ?? 0, createSettings(1));
    world.feed([{ at: starts[0] ?? 0, isBad: true, urgency: 'high' }]);
    world.tell({});
    expect(world.state && slo.onTime?.(world.state, world.context)).toBeUndefined();
    expect(slo.ownsSeries({ slaTarget: null } as Parameters<typeof slo.ownsSeries>[0])).toBe(false);
  });
});
