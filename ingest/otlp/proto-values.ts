import type { PbfReader } from 'pbf';
import { OTLP_LIMITS } from './otlp-limits.ts';
import { type Attributes, asText, OtlpDefectError, type PlainValue, spendValues } from './otlp-model.ts';
import { enter, messageTag, nextTag, type ProtoInput, readText } from './proto-reader.ts';

/** Further bytes of a value of bytes are dropped: as text it is longer than any text that is kept whole. */
const maxBytesValue = 8_192;

/** Adds a KeyValue as text. */
export function readAttribute(input: ProtoInput, attributes: Attributes): void {
  spendValues(input.budget, 1);
  const end = enter(input);
  let key = '';
  let value = '';
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === messageTag(1)) key = readText(input);
    else if (tag === messageTag(2)) value = asText(readAnyValue(input, 0));
  }
  if (key !== '') attributes[key] = value;
}

export function readAnyValue(input: ProtoInput, depth: number): PlainValue {
  if (depth > OTLP_LIMITS.valueDepth) throw new OtlpDefectError('too_deep');
  const end = enter(input);
  let value: PlainValue = null;
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    value = readVariant(input, tag, depth) ?? value;
  }
  return value;
}

function readVariant(input: ProtoInput, tag: number, depth: number): PlainValue | undefined {
  switch (tag) {
    case 0x0a:
      return readText(input);
    case 0x10:
      return input.pbf.readBoolean();
    case 0x18:
      return readInteger(input.pbf);
    case 0x21:
      return input.pbf.readDouble();
    case 0x2a:
      return readArray(input, depth);
    case 0x32:
      return readMap(input, depth);
    case 0x3a:
      return readBase64(input);
    default:
      return undefined;
  }
}

/** Beyond the integers of a double as text, which has all digits. */
function readInteger(pbf: PbfReader): number | string {
  const start = pbf.pos;
  const value = pbf.readVarint(true);
  if (Number.isSafeInteger(value)) return value;
  let exact = 0n;
  for (let at = pbf.pos - 1; at >= start; at--) exact = (exact << 7n) | BigInt((pbf.buf[at] as number) & 0x7f);
  return String(BigInt.asIntN(64, exact));
}

function readArray(input: ProtoInput, depth: number): PlainValue[] {
  const end = enter(input);
  const values: PlainValue[] = [];
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag !== messageTag(1)) continue;
    spendValues(input.budget, 1);
    values.push(readAnyValue(input, depth + 1));
  }
  return values;
}

function readMap(input: ProtoInput, depth: number): { [name: string]: PlainValue } {
  const end = enter(input);
  const entries: [string, PlainValue][] = [];
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === messageTag(1)) entries.push(readEntry(input, depth));
  }
  return Object.fromEntries(entries);
}

function readEntry(input: ProtoInput, depth: number): [string, PlainValue] {
  spendValues(input.budget, 1);
  const end = enter(input);
  let key = '';
  let value: PlainValue = null;
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === messageTag(1)) key = readText(input);
    else if (tag === messageTag(2)) value = readAnyValue(input, depth + 1);
  }
  return [key, value];
}

function readBase64(input: ProtoInput): string {
  const end = enter(input);
  const { pbf } = input;
  const kept = pbf.buf.subarray(pbf.pos, Math.min(end, pbf.pos + maxBytesValue));
  pbf.pos = end;
  return btoa(String.fromCharCode(...kept));
}
