import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { createBatch } from './event-batches.ts';

/** Records that hold no events, one of each kind, by what is wrong with them. */
export function createPoison(): Record<string, Uint8Array> {
  const good = encodeEventBatch(createBatch(['never']));
  const changed = (at: number, bytes: readonly number[]) => {
    const copy = Uint8Array.from(good);
    copy.set(bytes, at);
    return copy;
  };
  return {
    empty: new Uint8Array(),
    'random bytes': Uint8Array.from({ length: 200 }, (_, index) => (index * 167 + 13) % 256),
    'wrong magic': changed(0, [0xc4]),
    'unknown fingerprint': changed(2, [1, 2, 3, 4, 5, 6, 7, 8]),
    truncated: good.slice(0, -3),
    'trailing bytes': Uint8Array.from([...good, 0]),
    'huge count': hugeCount(),
    'JSON text': Buffer.from(JSON.stringify({ tenant: 'org_acme', events: [{ value: 1 }] })),
  };
}

/** A batch that announces 2^40 events and ends there. */
function hugeCount(): Uint8Array {
  const empty = encodeEventBatch(createBatch([]));
  // The list of events comes last; an empty one is the single byte 0.
  if (empty.at(-1) !== 0) throw new Error('the events are no longer the last field of a batch');
  return Uint8Array.from([...empty.slice(0, -1), 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
}
