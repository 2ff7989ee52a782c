import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionFold } from '../../../processors/analytics/partition-fold.ts';
import { seriesOf } from '../../../processors/analytics/series.ts';
import { eventSource } from '../../../processors/analytics/sources.ts';
import type { TableBlock } from '../../../processors/fold.ts';
import { Arena } from '../../../processors/memory/arena.ts';
import { rollingPercentiles } from '../../../processors/percentiles/rolling-percentiles.ts';
import type { Measurement } from '../../../processors/processor.ts';
import type { ControlBatch } from '../../../processors/streams/control.ts';
import { NO_SETTINGS } from '../../../schemas/control/control-record.ts';
import { encodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import type { EventBatch } from '../../../schemas/events/event-batch.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';
import { readNativeBlock } from '../../support/native-reader.ts';
import { expectedRolled, lastRevisions } from '../../support/rolled.ts';

const minute = 60_000;
const processors = [rollingPercentiles];

const tickAt = (at: number) =>
  eventSource.decode(encodeControlRecord({ at, tenant: '', settings: null })) as ControlBatch;

interface Disturbance {
  /** Numbers of records after which the state goes through a snapshot. */
  restartsAfter?: ReadonlySet<number>;
  /** Minutes after which a tick comes, by the number of the record before it. */
  ticks?: readonly number[];
}

/** Folds records; returns what is left of the rows. */
function fold(batches: readonly EventBatch[], disturbance: Disturbance = {}): Map<string, string> {
  const { restartsAfter = new Set(), ticks = [] } = disturbance;
  let current = new PartitionFold(0, processors);
  const parts = new Map<string, ReturnType<PartitionFold['takeChanges']>[number]>();
  const blocks: TableBlock[] = [];
  for (const [offset, batch] of batches.entries()) {
    current.onBatch({ offset, batch });
    for (const after of ticks.slice(offset, offset + 1)) {
      current.onBatch({ offset, batch: tickAt(batch.receivedAt + after * minute) });
    }
    if (!restartsAfter.has(offset)) continue;
    blocks.push(...current.takeBlocks());
    for (const part of current.takeChanges()) parts.set(`${part.section}/${part.bucket}`, part);
    current = new PartitionFold(0, processors);
    for (const part of parts.values()) if (part.body.length > 0) current.restore(part);
  }
  return lastRevisions([...blocks, ...current.takeBlocks()]);
}

const event = fc.record({
  metric: fc.constantFrom('CycleTime', 'Cost'),
  // Mostly near the end of what came before, sometimes an hour earlier, too late, or days on.
  step: fc.oneof(
    fc.integer({ min: -3, max: 4 }),
    fc.integer({ min: -65, max: 70 }),
    fc.integer({ min: 0, max: 3_000 }),
  ),
  value: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
});
const records = fc.array(fc.array(event, { minLength: 1, maxLength: 5 }), { maxLength: 40 });

/** `lastAfter`: minutes from the newest event to one that closes its minute. */
function toBatches(
  list: readonly (readonly { metric: string; step: number; value: number }[])[],
  lastAfter = 2,
): EventBatch[] {
  let now = testAt;
  const batches = list.map((events, number) => {
    const from = now;
    const made = events.map(({ metric, step, value }, index) => {
      const at = from + step * minute + 1;
      now = Math.max(now, at);
      return createEvent(`e${number}-${index}`, { metric, at, value });
    });
    return createBatch([], { events: made, receivedAt: now });
  });
  // What is late is told with the next minute: let it come.
  const last = now + lastAfter * minute;
  return [...batches, createBatch([], { events: [createEvent('last', { at: last })], receivedAt: last })];
}

const base: Measurement = {
  ...{ tenant: 'org_acme', subjectKind: 'service', subject: 'checkout', metric: 'latency', at: 0, value: 0 },
  ...{ slaTarget: null, dimensions: {}, unrolled: [], correlationId: '', eventId: '', hasClientId: false },
  ...{ receivedAt: 0, retentionDays: 90, partition: 0, offset: 0, index: 0 },
};
const contextAt = (watermark: number) => ({ watermark, clock: watermark, settings: NO_SETTINGS });

describe('rolling percentiles', () => {
  it('are, at every minute at which a window changed, those of all its events', () => {
    fc.assert(
      fc.property(records, (list) => {
        const batches = toBatches(list);
        expect(fold(batches)).toEqual(expectedRolled(batches));
      }),
      { numRuns: 300 },
    );
  });

  it('are the same when the state goes through snapshots on the way', () => {
    fc.assert(
      fc.property(records, fc.uniqueArray(fc.nat(40)), (list, restarts) => {
        const batches = toBatches(list);
        expect(fold(batches, { restartsAfter: new Set(restarts) })).toEqual(fold(batches));
      }),
      { numRuns: 200 },
    );
  });

  it('are in the end the same, however time is told in between', () => {
    const ticks = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 10, maxLength: 41 });
    fc.assert(
      fc.property(records, ticks, fc.uniqueArray(fc.nat(40)), (list, told, restarts) => {
        const batches = toBatches(list, 10);
        const figures = fold(batches, { ticks: told.slice(0, list.length), restartsAfter: new Set(restarts) });
        expect(figures).toEqual(expectedRolled(batches));
      }),
      { numRuns: 300 },
    );
  });

  it('are told again with the next revision when late events come, and not for what is too late', () => {
    const at = (offsetMinutes: number, value: number) =>
      createBatch([], {
        events: [createEvent('e', { at: testAt + offsetMinutes * minute, value })],
        receivedAt: testAt * 2,
      });
    const rows = (batches: EventBatch[]) => {
      const current = new PartitionFold(0, processors);
      for (const [offset, batch] of batches.entries()) current.onBatch({ offset, batch });
      const [block] = current.takeBlocks();
      const all = block === undefined ? [] : readNativeBlock(block.body);
      const of5m = all.filter((row) => row.window === '5m' && row.at === (testAt + 3 * minute) / 1000);
      return { told: of5m.map(({ count, revision }) => [count, revision]), stats: current.stats };
    };
    const onTime = [at(0, 1), at(2, 2), at(70, 3)];
    expect(rows(onTime).told).toEqual([[2, 0]]);
    const late = rows([at(0, 1), at(2, 2), at(30, 3), at(1, 9), at(1, 9), at(31, 4), at(1, 9), at(32, 4)]);
    expect(late.told).toEqual([
      [2, 0],
      [4, 1],
      [5, 2],
    ]);
    const tooLate = rows([...onTime, at(2, 9), at(71, 4)]);
    expect(tooLate).toEqual({ told: [[2, 0]], stats: { measurements: 4, late: 1, duplicates: 0, refused: 0 } });
  });

  it('of the last events are told when a whole minute has passed, again when more of that minute come, and no farther without events', () => {
    const arena = new Arena();
    const state = rollingPercentiles.init(seriesOf(base), arena);
    const start = Math.ceil(testAt / minute) * minute;
    const passTo = (clock: number, watermark = start) =>
      (rollingPercentiles.onTime?.(state, { watermark, clock, settings: NO_SETTINGS }) ?? []).map(
        ({ window, end, count, revision }) => [window.name, end * minute - start, count, revision],
      );
    const add = (at: number) => rollingPercentiles.onMeasurement(state, { ...base, at, value: 7 }, contextAt(start));
    add(start);
    expect(passTo(start + 2 * minute - 1)).toEqual([]);
    const lengths = ['5m', '1h', '24h'];
    expect(passTo(start + 2 * minute)).toEqual(lengths.map((name) => [name, minute, 1, 0]));
    expect(passTo(start + 90 * minute)).toEqual([]);
    add(start + 1);
    expect(passTo(start + 91 * minute)).toEqual(lengths.map((name) => [name, minute, 2, 1]));
    add(start - 60 * minute);
    const late = passTo(start + 92 * minute);
    expect(late.filter(([name, end]) => name === '24h' && end === minute)).toEqual([['24h', minute, 3, 2]]);
    expect(late).toContainEqual(['5m', -59 * minute, 1, 1]);
    expect(passTo(start + 93 * minute, start + 10 * minute)).toContainEqual(['5m', 6 * minute, 0, 0]);
  });

  it('give the memory of a series back with it, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const arena = new Arena();
        const state = rollingPercentiles.init(seriesOf(base), arena);
        let watermark = testAt;
        for (const { step, value } of events) {
          const at = watermark + step * minute;
          rollingPercentiles.onMeasurement(state, { ...base, at, value }, contextAt(watermark));
          watermark = Math.max(watermark, at);
          rollingPercentiles.onTime?.(state, contextAt(watermark));
        }
        rollingPercentiles.release?.(state, arena);
        expect(arena.usedBytes).toBe(0);
      }),
    );
  });

  it('forget a series of which no window holds anything', () => {
    const current = new PartitionFold(0, processors);
    const feed = (offset: number, metric: string, at: number) =>
      current.onBatch({
        offset,
        batch: createBatch([], { events: [createEvent('e', { metric, at })], receivedAt: at }),
      });
    feed(0, 'CycleTime', testAt);
    const bytesOf = () => current.takeChanges().filter(({ section }) => section.startsWith('rolling-percentiles@'));
    expect(bytesOf().map(({ body }) => body.length > 0)).toEqual([true]);
    feed(1, 'Cost', testAt + 30 * 3_600_000);
    expect(
      bytesOf()
        .map(({ body }) => body.length > 0)
        .sort(),
    ).toEqual([false, true]);
  });
});
