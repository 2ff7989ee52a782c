import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { cases } from '../../processors/cases/cases.ts';
import type { CaseFlow, MaintenancePeriod, TenantSettings } from '../../schemas/control/control-record.ts';
import type { BusinessEvent, EventBatch } from '../../schemas/events/event-batch.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import type { Signal } from '../../schemas/signals/signal-batch.ts';
import { decodeSignalBatch } from '../../schemas/signals/signal-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { createBatch, createEvent } from './event-batches.ts';
import { type NativeRow, readNativeBlock } from './native-reader.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const tenant = 'org_acme';

/** One milestone as a client sends it. Times are milliseconds since the epoch. */
export interface Step {
  id: string;
  name: string;
  at: number;
  dimensions?: Record<string, string>;
  unrolled?: string[];
}

export function createFlow(flow: Partial<CaseFlow> = {}): CaseFlow {
  return {
    ...{ capability: 'P2P', endMilestones: ['End'], targetMs: null, deadlineDimension: '', stageTargetsMs: {} },
    ...{ stuckAfterMs: null, pausesInMaintenance: true, ...flow },
  };
}

export function createPeriod(from: number, to: number, period: Partial<MaintenancePeriod> = {}): MaintenancePeriod {
  return { id: '7', subjects: ['P2P'], from, to, excludeFromSla: true, suppressAlerts: false, ...period };
}

const toEvent = ({ id, name, at, dimensions, unrolled = [] }: Step, number: number): BusinessEvent =>
  createEvent(`e${number}`, {
    ...{ metric: 'Milestone', at, correlationId: id, unrolled },
    dimensions: { milestone: name, ...dimensions },
  });

/** A partition with the cases in it, fed by hand. */
export class CaseWorld {
  readonly events: BusinessEvent[] = [];
  readonly signals: Signal[] = [];
  /** All rows ever told, the last of each case and revision. */
  readonly rows: NativeRow[] = [];
  readonly #parts = new Map<string, ReturnType<PartitionFold['takeChanges']>[number]>();
  readonly #retentionDays: number;
  #fold = new PartitionFold(0, [cases]);
  #offset = 0;
  #revision = 0;

  constructor(settings: Partial<TenantSettings> = {}, retentionDays = 36_500) {
    this.#retentionDays = retentionDays;
    this.set(settings);
  }

  /** One record; live unless it is told when it came. */
  send(steps: readonly Step[], receivedAt = Math.max(...steps.map(({ at }) => at))): void {
    const offset = this.#offset++;
    const events = steps.map((step, index) => toEvent(step, offset * 10_000 + index));
    const { retentionDays, batch } = { retentionDays: this.#retentionDays, batch: { tenant, receivedAt, events } };
    this.#fold.onBatch({ offset, batch: createBatch([], { ...batch, retentionDays }) });
  }

  /** Something else of the tenant: it is live. */
  beat(at: number): void {
    const events = [createEvent(`beat${at}`, { at })];
    this.#fold.onBatch({ offset: this.#offset++, batch: createBatch([], { tenant, receivedAt: at, events }) });
  }

  tick(at: number): void {
    this.#control({ at, tenant: '', settings: null });
  }

  set(settings: Partial<TenantSettings>): void {
    const all = { slos: [], flows: [createFlow()], maintenance: [], ...settings, revision: ++this.#revision };
    this.#control({ at: 0, tenant, settings: all });
  }

  /** What a crash leaves: a new fold of the snapshot. */
  restart(): void {
    this.#take();
    for (const part of this.#fold.takeChanges()) this.#parts.set(`${part.section}/${part.bucket}`, part);
    this.#fold = new PartitionFold(0, [cases]);
    for (const part of this.#parts.values()) if (part.body.length > 0) this.#fold.restore(part);
  }

  /** The state as bytes, by its parts. */
  snapshot(): Map<string, string> {
    this.restart();
    return new Map([...this.#parts].map(([name, { body }]) => [name, Buffer.from(body).toString('hex')]));
  }

  /** What the table holds when of each case the largest revision stays, by correlation id and then in the order of episodes. */
  table(): NativeRow[] {
    this.#take();
    const last = new Map<string, NativeRow>();
    for (const row of this.rows) {
      const name = `${row.correlation_id} ${String(row.episode).padStart(9, '0')}`;
      if (Number(row.revision) >= Number(last.get(name)?.revision ?? 0)) last.set(name, row);
    }
    return [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  /** The one row of a case. Throws when there is none. */
  row(id: string): NativeRow {
    const row = this.table().find(({ correlation_id }) => correlation_id === id);
    if (row === undefined) throw new Error(`no row of ${id}`);
    return row;
  }

  #control(control: { at: number; tenant: string; settings: TenantSettings | null }): void {
    const head = { tenant: control.tenant, receivedAt: control.at, retentionDays: 0, clientIds: false };
    const batch: EventBatch & { control: typeof control } = { ...head, events: [], control };
    this.#fold.onBatch({ offset: this.#offset++, batch });
  }

  #take(): void {
    for (const { body } of this.#fold.takeBlocks()) this.rows.push(...readNativeBlock(body));
    for (const { topic, values } of this.#fold.takeRecords()) {
      for (const value of values) this.#takeRecord(topic, value);
    }
  }

  #takeRecord(topic: string, value: Uint8Array): void {
    const batch = topic === TOPICS.signals ? decodeSignalBatch(value) : decodeEventBatch(value);
    if (typeof batch === 'string') throw new Error(`cannot read what was said: ${batch}`);
    if ('signals' in batch) this.signals.push(...batch.signals);
    else this.events.push(...batch.events);
  }
}
