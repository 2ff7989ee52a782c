/** A record nothing could be read from. */
export interface PoisonRecord {
  reason: string;
  topic: string;
  partition: number;
  offset: number;
  /** Milliseconds since the epoch. */
  appendedAt: number;
  value: Uint8Array;
}

/** Longer values are cut: the dead letter then says how long the value was, and the log still has it at its position. */
export const MAX_DEAD_VALUE_BYTES = 1024 * 1024;

/** A record of the dead-letter topic: JSON with the reason, the position and the value (base64). */
export function encodeDeadLetter({ value, ...where }: PoisonRecord): Uint8Array {
  const kept = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, MAX_DEAD_VALUE_BYTES));
  const letter = { ...where, valueBytes: value.length, valueBase64: kept.toString('base64') };
  return Buffer.from(JSON.stringify(letter));
}
