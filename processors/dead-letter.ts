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

/** A record of the dead-letter topic, read back. */
export interface DeadLetter extends PoisonRecord {
  /** Length of the value before it was cut. */
  valueBytes: number;
}

/** Longer values are cut: the dead letter then says how long the value was, and the log still has it at its position. */
export const MAX_DEAD_VALUE_BYTES = 1024 * 1024;

/** A record of the dead-letter topic: JSON with the reason, the position and the value (base64). */
export function encodeDeadLetter({ value, ...where }: PoisonRecord): Uint8Array {
  const kept = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, MAX_DEAD_VALUE_BYTES));
  const letter = { ...where, valueBytes: value.length, valueBase64: kept.toString('base64') };
  return Buffer.from(JSON.stringify(letter));
}

/** The dead letter in a record's value; undefined when the bytes hold none. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetter | undefined {
  const { reason, topic, partition, offset, appendedAt, valueBytes, valueBase64 } = parseObject(bytes);
  const isComplete =
    typeof reason === 'string' &&
    typeof topic === 'string' &&
    typeof valueBase64 === 'string' &&
    isCount(partition) &&
    isCount(offset) &&
    isCount(appendedAt) &&
    isCount(valueBytes);
  if (!isComplete) return undefined;
  return { reason, topic, partition, offset, appendedAt, valueBytes, value: Buffer.from(valueBase64, 'base64') };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
