import { NO_SETTINGS, type TenantSettings } from '../../schemas/control/control-record.ts';
import { decodeControlRecord, encodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import type { StreamBatch } from '../streams/stream.ts';
import { advanceEventTime, type EventTime, LATENESS_GRACE_MS, NO_EVENT_TIME } from '../watermark.ts';
import { SeenIds } from './seen-ids.ts';
import type { FoldContext } from './stateful-processor.ts';

const timesSection = 'event-times@2';
const settingsSection = 'settings@1';
const idsPrefix = 'ids@1/';
const never = Number.NEGATIVE_INFINITY;

interface TenantState {
  time: EventTime;
  /** When the last record came. */
  receivedAt: number;
  clock: number;
  settings: TenantSettings;
}

/**
 * What a partition keeps of its tenants beside the states of processors: how far their events and their clocks have come, what they have set,
 * and the ids clients gave.
 */
export class Tenants {
  readonly #states = new Map<string, TenantState>();
  readonly #ids = new Map<string, SeenIds>();
  #hasNewSettings = false;

  /** Positions in the batch of events that repeat an id of the tenant. The ids of the others are seen now. */
  takeRepeated({ tenant, clientIds, batchId, events, receivedAt }: StreamBatch): Set<number> {
    const repeated = new Set<number>();
    if (!clientIds) return repeated;
    const seen = this.#idsOf(tenant);
    if (batchId !== undefined) return seen.isRepeated(batchId, receivedAt) ? new Set(events.keys()) : repeated;
    for (const [index, { id = '' }] of events.entries()) if (seen.isRepeated(id, receivedAt)) repeated.add(index);
    return repeated;
  }

  /** Events that came too late, of all tenants. */
  get late(): number {
    return [...this.#states.values()].reduce((sum, { time }) => sum + time.late, 0);
  }

  get isEmpty(): boolean {
    return this.#states.size === 0;
  }

  names(): Iterable<string> {
    return this.#states.keys();
  }

  contextOf(tenant: string): FoldContext {
    const { time, clock, settings } = this.#states.get(tenant) ?? unknownTenant;
    return { watermark: time.watermark ?? never, clock, settings };
  }

  advance(batch: StreamBatch, dropped: ReadonlySet<number>): void {
    const state = this.#stateOf(batch.tenant);
    state.time = advanceEventTime(state.time, batch, dropped);
    state.receivedAt = Math.max(state.receivedAt, batch.receivedAt);
    state.clock = Math.max(state.clock, state.time.watermark ?? never);
  }

  /** It is at least this late for a tenant whose events come as they happen. */
  tick(tenant: string, at: number): void {
    const state = this.#stateOf(tenant);
    const { watermark } = state.time;
    // Of a tenant that has only set something nobody knows yet whether it loads history.
    const isLive = watermark !== undefined && watermark >= state.receivedAt - LATENESS_GRACE_MS;
    if (isLive) state.clock = Math.max(state.clock, at);
  }

  /** What was set before is forgotten; what is older than that changes nothing. */
  set(tenant: string, settings: TenantSettings): void {
    const state = this.#stateOf(tenant);
    if (settings.revision <= state.settings.revision) return;
    state.settings = settings;
    this.#hasNewSettings = true;
  }

  takeChanges(): SnapshotPart[] {
    const ids = [...this.#ids].flatMap(([tenant, seen]) =>
      [...seen.takeChunks()].map(([bucket, body]) => ({ section: idsPrefix + tenant, bucket, body })),
    );
    const settings = this.#hasNewSettings
      ? [{ section: settingsSection, bucket: 0, body: this.#encodeSettings() }]
      : [];
    this.#hasNewSettings = false;
    return [{ section: timesSection, bucket: 0, body: this.#encodeTimes() }, ...settings, ...ids];
  }

  /** False when the part is none of its own. */
  restore({ section, bucket, body }: SnapshotPart): boolean {
    if (section === timesSection) this.#decodeTimes(body);
    else if (section === settingsSection) this.#decodeSettings(body);
    else if (section.startsWith(idsPrefix)) this.#idsOf(section.slice(idsPrefix.length)).restoreChunk(bucket, body);
    else return false;
    return true;
  }

  #stateOf(tenant: string): TenantState {
    const known = this.#states.get(tenant);
    if (known !== undefined) return known;
    const state = { ...unknownTenant };
    this.#states.set(tenant, state);
    return state;
  }

  #idsOf(tenant: string): SeenIds {
    const seen = this.#ids.get(tenant) ?? new SeenIds();
    this.#ids.set(tenant, seen);
    return seen;
  }

  #encodeTimes(): Uint8Array {
    const out = new ByteBuffer();
    for (const [tenant, { time, receivedAt, clock }] of this.#states) {
      out.writeString(tenant);
      out.writeFloat64(time.watermark ?? never);
      out.writeVaruint(time.late);
      out.writeFloat64(receivedAt);
      out.writeFloat64(clock);
    }
    return out.written.slice();
  }

  #decodeTimes(body: Uint8Array): void {
    const input = new ByteReader(body);
    while (!input.isAtEnd) {
      const state = this.#stateOf(input.readString());
      const watermark = input.readFloat64();
      state.time = { watermark: watermark === never ? undefined : watermark, late: input.readVaruint() };
      state.receivedAt = input.readFloat64();
      state.clock = input.readFloat64();
    }
  }

  #encodeSettings(): Uint8Array {
    const out = new ByteBuffer();
    for (const [tenant, { settings }] of this.#states) {
      if (settings === NO_SETTINGS) continue;
      const record = encodeControlRecord({ at: 0, tenant, settings });
      out.writeVaruint(record.length);
      out.writeBytes(record);
    }
    return out.written.slice();
  }

  #decodeSettings(body: Uint8Array): void {
    const input = new ByteReader(body);
    while (!input.isAtEnd) {
      const record = decodeControlRecord(input.readBytes(input.readVaruint()));
      if (typeof record === 'string') throw new RangeError(`the settings in a snapshot cannot be read: ${record}`);
      this.#stateOf(record.tenant).settings = record.settings ?? NO_SETTINGS;
    }
  }
}

const unknownTenant: Readonly<TenantState> = {
  ...{ time: NO_EVENT_TIME, receivedAt: never, clock: never },
  settings: NO_SETTINGS,
};
