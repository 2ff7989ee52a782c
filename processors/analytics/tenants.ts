import { ByteBuffer } from '../native/byte-buffer.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import type { StreamBatch } from '../streams/stream.ts';
import { advanceEventTime, type EventTime, NO_EVENT_TIME } from '../watermark.ts';
import { SeenIds } from './seen-ids.ts';

const timesSection = 'event-times@1';
const idsPrefix = 'ids@1/';

/** What a partition keeps of its tenants beside the states of processors: how far their events have come, and the ids clients gave. */
export class Tenants {
  readonly #times = new Map<string, EventTime>();
  readonly #ids = new Map<string, SeenIds>();

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
    return [...this.#times.values()].reduce((sum, { late }) => sum + late, 0);
  }

  timeOf(tenant: string): EventTime {
    return this.#times.get(tenant) ?? NO_EVENT_TIME;
  }

  advance(batch: StreamBatch, dropped: ReadonlySet<number>): EventTime {
    const after = advanceEventTime(this.timeOf(batch.tenant), batch, dropped);
    this.#times.set(batch.tenant, after);
    return after;
  }

  takeChanges(): SnapshotPart[] {
    const ids = [...this.#ids].flatMap(([tenant, seen]) =>
      [...seen.takeChunks()].map(([bucket, body]) => ({ section: idsPrefix + tenant, bucket, body })),
    );
    return [{ section: timesSection, bucket: 0, body: this.#encodeTimes() }, ...ids];
  }

  /** False when the part is none of its own. */
  restore({ section, bucket, body }: SnapshotPart): boolean {
    if (section === timesSection) this.#decodeTimes(body);
    else if (section.startsWith(idsPrefix)) this.#idsOf(section.slice(idsPrefix.length)).restoreChunk(bucket, body);
    else return false;
    return true;
  }

  #idsOf(tenant: string): SeenIds {
    const seen = this.#ids.get(tenant) ?? new SeenIds();
    this.#ids.set(tenant, seen);
    return seen;
  }

  #encodeTimes(): Uint8Array {
    const out = new ByteBuffer();
    for (const [tenant, { watermark = Number.NEGATIVE_INFINITY, late }] of this.#times) {
      out.writeString(tenant);
      out.writeFloat64(watermark);
      out.writeVaruint(late);
    }
    return out.written.slice();
  }

  #decodeTimes(body: Uint8Array): void {
    const input = new ByteReader(body);
    while (!input.isAtEnd) {
      const tenant = input.readString();
      const watermark = input.readFloat64();
      this.#times.set(tenant, {
        watermark: watermark === Number.NEGATIVE_INFINITY ? undefined : watermark,
        late: input.readVaruint(),
      });
    }
  }
}
