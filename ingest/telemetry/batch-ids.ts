import { createHash, randomUUID } from 'node:crypto';

/** Ids of a batch and of its items; all of them real UUIDs. */
export interface BatchIds {
  /** Of the batch; of its only item, too, where a request holds one. */
  batch: string;
  /** Of the item at a position. */
  at(index: number): string;
  /** Whether a repeat of the request gets the same ids. */
  isRepeatable: boolean;
}

const namespaceBytes = Buffer.from('6f9c1f0e5d0b4a55b1e2c1c4f4a7d2e9', 'hex');
const uuidVersion5 = 0x50;
const uuidVariant = 0x80;

/** Ids that never come again. */
export function freshIds(): BatchIds {
  return { batch: randomUUID(), at: () => randomUUID(), isRepeatable: false };
}

/** The same ids for the same tenant and text (an Idempotency-Key, or the digest of a body), whatever the process and the time. */
export function derivedIds(tenant: string, text: string): BatchIds {
  const name = `${tenant}\n${text}`;
  return { batch: uuidOf(name), at: (index) => uuidOf(`${name}\n${index}`), isRepeatable: true };
}

/** UUID version 5 (RFC 9562, 5.5) of a name in the namespace of Tidemark. */
function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(namespaceBytes).update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | uuidVersion5;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | uuidVariant;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
