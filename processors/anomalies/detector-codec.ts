import {
  createState,
  type DetectorState,
  HOURS_OF_WEEK,
  SCALAR_NAMES,
  SLOT_COUNT,
  type StateMemory,
} from '../../platform/detection/detector-state.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';

const bitsPerByte = 8;
const maskBytes = Math.ceil(SLOT_COUNT / bitsPerByte);
/** Bytes that {@link writeDetector} writes at most. */
export const MAX_DETECTOR_BYTES: number = SCALAR_NAMES.length * 8 + maskBytes + SLOT_COUNT * 4 + HOURS_OF_WEEK;

const mask = new Uint8Array(maskBytes);
const filled = new Float32Array(SLOT_COUNT);

/** Of the slots, which hold something, then these alone: hours of the week that never came and the far ends of tails are zero. */
export function writeDetector(state: DetectorState, out: ByteBuffer): void {
  for (const name of SCALAR_NAMES) out.writeFloat64(state[name]);
  const count = collectFilled(state.slots);
  out.writeBytes(mask);
  out.writeBytes(new Uint8Array(filled.buffer, 0, count * 4));
  out.writeBytes(state.weekCounts);
}

/** What {@link writeDetector} wrote, bit by bit. Throws a RangeError when the bytes end before. */
export function readDetector(input: ByteReader, memory?: StateMemory): DetectorState {
  const state = createState(memory);
  for (const name of SCALAR_NAMES) state[name] = input.readFloat64();
  const isFilled = input.readBytes(maskBytes);
  const count = isFilled.reduce((sum, byte) => sum + bitsIn(byte), 0);
  new Uint8Array(filled.buffer).set(input.readBytes(count * 4));
  let next = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (((isFilled[slot >> 3] as number) >> (slot & 7)) & 1) state.slots[slot] = filled[next++] as number;
  }
  state.weekCounts.set(input.readBytes(HOURS_OF_WEEK));
  return state;
}

/** Fills `mask` and `filled`; returns how many are. Minus zero is one of them, so that it stays what it is. */
function collectFilled(slots: Float32Array): number {
  mask.fill(0);
  let count = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    const value = slots[slot] as number;
    if (Object.is(value, 0)) continue;
    mask[slot >> 3] = (mask[slot >> 3] as number) | (1 << (slot & 7));
    filled[count++] = value;
  }
  return count;
}

function bitsIn(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
}
