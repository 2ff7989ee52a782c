import { describe, expect, it } from 'vitest';
import { PartitionFold, TICK_MS } from '../../../processors/analytics/partition-fold.ts';
import { eventSource } from '../../../processors/analytics/sources.ts';
import type { FoldContext, StatefulProcessor } from '../../../processors/analytics/stateful-processor.ts';
import { UInt64Column } from '../../../processors/native/columns.ts';
import { NO_SETTINGS, type TenantSettings } from '../../../schemas/control/control-record.ts';
import { encodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import { decodeEventBatch, encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { decodeSignalBatch } from '../../../schemas/signals/signal-batch-codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';

const hour = 3_600_000;

/** Notes what it is told of time; every row speaks. */
function createListener() {
  const told: FoldContext[] = [];
  const processor: StatefulProcessor<object, number> = {
    ...{ name: 'listener', version: 1, table: 'none' },
    key: ({ metric }) => (metric === 'ignored' ? undefined : metric),
    init: () => ({}),
    onMeasurement: (_, { value }) => [value],
    onTime(_, context) {
      told.push(context);
      return undefined;
    },
    toSignal: (value) => ({
      tenant: 'org_a',
      signal: {
        ...{ id: `s${value}`, kind: 'anomaly', status: 'open', revision: 0, subjectKind: 'capability', subject: 'c' },
        ...{ metric: 'm', startedAt: testAt, at: testAt, score: 1, mutedBy: '', details: {} },
      },
    }),
    toEvent: (value) => ({
      ...{ tenant: 'org_a', id: `evt_${value}`, capability: 'c', metric: 'Stage', at: testAt, value, slaTarget: null },
      ...{ dimensions: { stage: 'a' }, receivedAt: testAt, retentionDays: 30 },
    }),
    snapshot: () => undefined,
    restore: () => ({}),
    createColumns() {
      const columns = { value: new UInt64Column() };
      return { columns, push: (value) => columns.value.push(value) };
    },
  };
  return { told, processor };
}

/** Takes encoded records, as the log has them. */
function feed(fold: PartitionFold, values: readonly Uint8Array[]): void {
  for (const [offset, value] of values.entries()) {
    const batch = eventSource.decode(value);
    if (typeof batch === 'string') throw new Error(batch);
    fold.onBatch({ offset, batch });
  }
}

const tickAt = (at: number) => encodeControlRecord({ at, tenant: '', settings: null });
const settingsOf = (tenant: string, settings: TenantSettings) => encodeControlRecord({ at: testAt, tenant, settings });
const eventAt = (at: number, receivedAt = at) =>
  encodeEventBatch(createBatch([], { tenant: 'org_a', receivedAt, events: [createEvent('e', { at })] }));

describe('time and settings in the log', () => {
  it('time passes where events came as they happened, though no more of them come', () => {
    const { told, processor } = createListener();
    feed(new PartitionFold(0, [processor]), [eventAt(testAt), tickAt(testAt + 3 * hour)]);
    expect(told.at(-1)).toEqual({ watermark: testAt, clock: testAt + 3 * hour, settings: NO_SETTINGS });
  });

  it('history that is loaded today ages as it did, and a clock does not go back', () => {
    const { told, processor } = createListener();
    const fold = new PartitionFold(0, [processor]);
    feed(fold, [eventAt(testAt - 9 * hour, testAt), tickAt(testAt)]);
    expect(told.at(-1)?.clock).toBe(testAt - 9 * hour);
    feed(fold, [eventAt(testAt), tickAt(testAt + 5 * hour), eventAt(testAt + hour, testAt + 5 * hour)]);
    expect(told.at(-1)).toMatchObject({ watermark: testAt + hour, clock: testAt + 5 * hour });
  });

  it('history ages as it did, too, where something was set before the first event', () => {
    const { told, processor } = createListener();
    const values = [settingsOf('org_a', { ...NO_SETTINGS, revision: 1 }), tickAt(testAt), eventAt(1, testAt)];
    feed(new PartitionFold(0, [processor]), values);
    expect(told.at(-1)?.clock).toBe(1);
  });

  it('a tick within a minute tells nobody', () => {
    const { told, processor } = createListener();
    const start = Math.ceil(testAt / TICK_MS) * TICK_MS;
    feed(new PartitionFold(0, [processor]), [eventAt(start), tickAt(start + 1), tickAt(start + TICK_MS - 1)]);
    expect(told).toHaveLength(1);
  });

  it('settings hold from their record on for their tenant, and older ones change nothing', () => {
    const { told, processor } = createListener();
    const later = { ...NO_SETTINGS, revision: 2 };
    const values = [
      eventAt(testAt),
      settingsOf('org_b', { ...later, revision: 9 }),
      settingsOf('org_a', later),
      settingsOf('org_a', { ...later, revision: 1 }),
    ];
    feed(new PartitionFold(0, [processor]), values);
    expect(told.map(({ settings }) => settings.revision)).toEqual([0, 2]);
  });

  it('clocks and settings come through a snapshot', () => {
    const { processor } = createListener();
    const fold = new PartitionFold(0, [processor]);
    const settings: TenantSettings = {
      revision: 7,
      slos: [],
      flows: [],
      maintenance: [
        { ...{ id: '1', subjects: ['c'], from: 1, to: 2 }, ...{ excludeFromSla: true, suppressAlerts: false } },
      ],
    };
    feed(fold, [eventAt(testAt), settingsOf('org_a', settings), tickAt(testAt + hour)]);
    const { told, processor: again } = createListener();
    const restored = new PartitionFold(0, [again]);
    for (const part of fold.takeChanges()) restored.restore(part);
    feed(restored, [tickAt(testAt + 2 * hour)]);
    expect(told).toEqual([{ watermark: testAt, clock: testAt + 2 * hour, settings }]);
    expect(fold.takeChanges().map(({ section }) => section)).not.toContain('settings@1');
  });
});

describe('what rows say', () => {
  it('goes out as signals and as events that can be told again', () => {
    const { processor } = createListener();
    const fold = new PartitionFold(0, [processor]);
    const events = [1, 2].map((value) => createEvent(`e${value}`, { value }));
    feed(fold, [encodeEventBatch(createBatch([], { tenant: 'org_a', receivedAt: testAt, events }))]);
    const [signals, derived] = fold.takeRecords();
    expect([signals?.topic, derived?.topic]).toEqual([TOPICS.signals, TOPICS.events]);
    expect(signals?.values.map(decodeSignalBatch)).toMatchObject([{ signals: [{ id: 's1' }, { id: 's2' }] }]);
    expect(derived?.values.map(decodeEventBatch)).toMatchObject([
      { clientIds: true, receivedAt: testAt, events: [{ id: 'evt_1' }, { id: 'evt_2' }] },
    ]);
    expect(fold.takeRecords()).toEqual([]);
  });

  it('of what is none of its business a processor keeps nothing', () => {
    const { processor } = createListener();
    const fold = new PartitionFold(0, [processor]);
    const events = [createEvent('e', { metric: 'ignored' })];
    feed(fold, [encodeEventBatch(createBatch([], { tenant: 'org_a', receivedAt: testAt, events }))]);
    expect(fold.rows).toBe(0);
  });
});
