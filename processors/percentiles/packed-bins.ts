/** Counts by bin, flat: bin, count, bin, count, ... with ascending bins, counts from 1. */
export type Bins = readonly number[];

/** Counts up to this share a number with the bin; 0 in their place says that the count follows. */
const maxShared = 3;
const maxBytesABin = 16;
let scratch = new Uint8Array(1_024);

/** What the last read found; shared, because an object a read would cost more than the reading. */
export const found = { value: 0, step: 0, body: 0, end: 0 };

/** Returns where the number ends; the number is in `found.value`. */
function readVaruint(bytes: Uint8Array, from: number): number {
  let at = from;
  let byte = bytes[at++] ?? 0;
  let value = byte & 0x7f;
  for (let scale = 0x80; byte > 0x7f; scale *= 0x80) {
    byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
  }
  found.value = value;
  return at;
}

/** A pane is its step from the pane before, the length of its bins, and its bins; where they lie is in `found`. */
export function readHeader(bytes: Uint8Array, at: number): void {
  const afterStep = readVaruint(bytes, at);
  found.step = found.value;
  found.body = readVaruint(bytes, afterStep);
  found.end = found.body + found.value;
}

/** Calls back for each bin of a pane's body, in ascending order. */
export function forEachBin(
  bytes: Uint8Array,
  { body, end }: { body: number; end: number },
  onBin: (bin: number, count: number) => void,
): void {
  let bin = 0;
  for (let at = body; at < end; ) {
    const isFirst = at === body;
    let code = bytes[at++] ?? 0;
    if (code > 0x7f) {
      at = readVaruint(bytes, at - 1);
      code = found.value;
    }
    const distance = code >>> 2;
    bin = isFirst ? unzigzag(distance) : bin + distance + 1;
    let count = code & maxShared;
    if (count === 0) {
      at = readVaruint(bytes, at);
      count = found.value + maxShared + 1;
    }
    onBin(bin, count);
  }
}

export function decodeBins(bytes: Uint8Array, span: { body: number; end: number }): number[] {
  const bins: number[] = [];
  forEachBin(bytes, span, (bin, count) => bins.push(bin, count));
  return bins;
}

/** The bytes of a pane, valid until the next call. */
export function encodePane(step: number, bins: Bins): Uint8Array {
  const room = maxBytesABin * (bins.length + 1);
  if (scratch.length < 2 * room) scratch = new Uint8Array(4 * room);
  const length = writeBins(bins, room);
  const body = writeVaruint(writeVaruint(0, step), length);
  scratch.copyWithin(body, room, room + length);
  return scratch.subarray(0, body + length);
}

/** Writes to the scratch memory; returns the length. */
function writeBins(bins: Bins, from: number): number {
  let at = from;
  let before = 0;
  for (let i = 0; i < bins.length; i += 2) {
    const bin = bins[i] ?? 0;
    const count = bins[i + 1] ?? 0;
    const distance = i === 0 ? zigzag(bin) : bin - before - 1;
    before = bin;
    at = writeVaruint(at, (distance << 2) | (count > maxShared ? 0 : count));
    if (count > maxShared) at = writeVaruint(at, count - maxShared - 1);
  }
  return at - from;
}

/** The counts of both. */
export function mergeBins(a: Bins, b: Bins): number[] {
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const bin = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    const left = countAt(a, i, bin);
    const right = countAt(b, j, bin);
    merged.push(bin, left + right);
    if (left > 0) i += 2;
    if (right > 0) j += 2;
  }
  return merged;
}

/** Counts are positive: 0 says that the bin at this position is another one. */
const countAt = (bins: Bins, position: number, bin: number): number =>
  bins[position] === bin ? (bins[position + 1] ?? 0) : 0;

/** Small numbers of either sign as small numbers from 0. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/** To the scratch memory; returns where the number ends. */
function writeVaruint(from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest > 0x7f) {
    scratch[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  scratch[at++] = rest;
  return at;
}
