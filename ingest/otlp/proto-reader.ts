import { PbfReader } from 'pbf';
import { OTLP_LIMITS } from './otlp-limits.ts';
import { type OtlpBudget, type OtlpDefect, OtlpDefectError, spendValues } from './otlp-model.ts';
import type { StringTable } from './string-table.ts';

/** A request in Protobuf while it is read. */
export interface ProtoInput {
  pbf: PbfReader;
  strings: StringTable;
  budget: OtlpBudget;
}

const nanosPerMs = 1e6;
/** 2 ** 32 nanoseconds are this many milliseconds and nanoseconds. */
const highMs = 4_294;
const highNanos = 967_296;
const maxIdBytes = 16;
const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Runs a decoder over the bytes of a request; whatever is wrong with them comes back as the reason. */
export function decodeProto<Result>(
  bytes: Uint8Array,
  strings: StringTable,
  read: (input: ProtoInput, end: number) => Result,
): Result | OtlpDefect {
  const { items, values } = OTLP_LIMITS;
  try {
    return read({ pbf: new PbfReader(bytes), strings, budget: { items, values } }, bytes.length);
  } catch (error) {
    // Reading beyond the end and impossible numbers throw: the bytes are at fault, not the program.
    return error instanceof OtlpDefectError ? error.defect : 'malformed';
  }
}

/** Field number and wire type of the next field as they stand in the message, 0 at its end; what was not read of the field before is skipped. */
export function nextTag({ pbf }: ProtoInput, end: number): number {
  const field = pbf.nextField(end);
  if (field !== 0) return (field << 3) | pbf.type;
  if (pbf.pos !== end) throw new OtlpDefectError('malformed');
  return 0;
}

/** Where the message or text ends that begins here. Never beyond the body, so that reading it ends. */
export function enter({ pbf }: ProtoInput): number {
  const length = pbf.readVarint();
  const end = pbf.pos + length;
  if (!(end <= pbf.length)) throw new OtlpDefectError('malformed');
  return end;
}

export function readText(input: ProtoInput): string {
  const end = enter(input);
  const { pbf } = input;
  const text = input.strings.read(pbf.buf, pbf.pos, end);
  pbf.pos = end;
  return text;
}

/** Nanoseconds since the epoch as milliseconds, rounded down. */
export function readTime({ pbf }: ProtoInput): number {
  const low = pbf.readFixed32();
  const high = pbf.readFixed32();
  return high * highMs + Math.floor((high * highNanos + low) / nanosPerMs);
}

/** The same with a fraction. */
export function readPreciseTime({ pbf }: ProtoInput): number {
  const low = pbf.readFixed32();
  const high = pbf.readFixed32();
  return high * highMs + (high * highNanos + low) / nanosPerMs;
}

/** The bytes of an id in hex; empty for what is too long to be one. */
export function readHex(input: ProtoInput): string {
  const end = enter(input);
  const { pbf } = input;
  let text = '';
  if (end - pbf.pos > maxIdBytes) pbf.pos = end;
  while (pbf.pos < end) text += hexBytes[pbf.buf[pbf.pos++] as number];
  return text;
}

export const readFixed64s = (input: ProtoInput): number[] => readPacked(input, () => input.pbf.readFixed64());
export const readDoubles = (input: ProtoInput): number[] => readPacked(input, () => input.pbf.readDouble());
export const readVarints = (input: ProtoInput): number[] => readPacked(input, () => input.pbf.readVarint());

function readPacked(input: ProtoInput, readOne: () => number): number[] {
  const end = enter(input);
  const numbers: number[] = [];
  while (input.pbf.pos < end) {
    spendValues(input.budget, 1);
    numbers.push(readOne());
  }
  if (input.pbf.pos !== end) throw new OtlpDefectError('malformed');
  return numbers;
}

/** Tag of a field that is a message, a text or packed. */
export const messageTag = (field: number): number => (field << 3) | 2;
