/** Counts by bin, flat: bin, count, bin, count, ... with ascending bins. */
export type Bins = readonly number[];

/** What the last read found; shared, because an object a read would cost more than the reading. */
export const found = { value: 0, step: 0, body: 0, end: 0 };

/** Returns where the number ends; the number is in `found.value`. */
export function readVaruint(bytes: Uint8Array, from: number): number {
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

export function decodeBins(bytes: Uint8Array, from: number, end: number): number[] {
  const bins: number[] = [];
  let bin = 0;
  for (let at = from; at < end; ) {
    at = readVaruint(bytes, at);
    bin += unzigzag(found.value);
    at = readVaruint(bytes, at);
    bins.push(bin, found.value);
  }
  return bins;
}

export function encodePane(step: number, bins: Bins): number[] {
  const body: number[] = [];
  let before = 0;
  for (let i = 0; i < bins.length; i += 2) {
    const bin = bins[i] ?? 0;
    pushVaruint(body, zigzag(bin - before));
    pushVaruint(body, bins[i + 1] ?? 0);
    before = bin;
  }
  const pane: number[] = [];
  pushVaruint(pane, step);
  pushVaruint(pane, body.length);
  for (const byte of body) pane.push(byte);
  return pane;
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
export const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function pushVaruint(into: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    into.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  into.push(rest);
}
