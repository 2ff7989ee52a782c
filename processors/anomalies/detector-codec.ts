import {
  createState,
  type DetectorState,
  HOURS_OF_WEEK,
  SCALAR_NAMES,
  SLOT_COUNT,
} from '../../platform/detection/detector-state.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';

/** Bytes that {@link writeDetector} writes. */
export const DETECTOR_BYTES: number = SCALAR_NAMES.length * 8 + SLOT_COUNT * 4 + HOURS_OF_WEEK;

export function writeDetector(state: DetectorState, out: ByteBuffer): void {
  for (const name of SCALAR_NAMES) out.writeFloat64(state[name]);
  out.writeBytes(new Uint8Array(state.slots.buffer, state.slots.byteOffset, state.slots.byteLength));
  out.writeBytes(state.weekCounts);
}

/** What {@link writeDetector} wrote, bit by bit. Throws a RangeError when the bytes end before. */
export function readDetector(input: ByteReader): DetectorState {
  const state = createState();
  for (const name of SCALAR_NAMES) state[name] = input.readFloat64();
  new Uint8Array(state.slots.buffer).set(input.readBytes(SLOT_COUNT * 4));
  state.weekCounts.set(input.readBytes(HOURS_OF_WEEK));
  return state;
}
