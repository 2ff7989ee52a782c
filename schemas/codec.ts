import avro from 'avsc';
import type { FromAvro } from './avro.ts';
import { boundedCollections } from './bounded-collections.ts';
import { crc64Avro } from './crc64-avro.ts';

/** Why bytes are not a value of the schema: data, not an exception, so that a reader can count it and set the record aside. */
export type DecodeReason =
  | 'not_single_object'
  | 'unknown_schema'
  | 'truncated'
  | 'trailing_bytes'
  | 'malformed'
  /** Read, but outside of what the fields may hold. */
  | 'impossible_value';

export interface SingleObjectCodec<Value> {
  /** C3 01, fingerprint (little-endian), body. Throws when the value does not fit the schema: a bug of the caller. */
  encode(value: Value): Uint8Array<ArrayBuffer>;
  /** The value, written under the present or any past schema, or the reason why the bytes hold none. Never throws. */
  decode(bytes: Uint8Array): Value | DecodeReason;
  /** CRC-64-AVRO of the present schema's canonical form. */
  fingerprint: bigint;
  /** Parsing Canonical Form of the present schema. */
  canonical: string;
}

const headerBytes = 10;
const initialScratchBytes = 256 * 1024;
/** A scratch buffer that had to grow beyond this is dropped after use. */
const maxKeptScratchBytes = 4 * 1024 * 1024;

interface Reader {
  low: number;
  high: number;
  resolver: ReturnType<avro.Type['createResolver']> | undefined;
}

/**
 * A codec of Avro single-object encoding for a schema declared `as const`. `past` holds every earlier version of it:
 * what was written under one of them is read with the present version's defaults.
 */
export function createSingleObjectCodec<const S>(
  schema: S,
  past: readonly unknown[] = [],
): SingleObjectCodec<FromAvro<S>> {
  const type = typeOf(schema);
  const fingerprint = fingerprintOf(type);
  const readers = [readerOf(fingerprint), ...past.map((version) => pastReader(type, version))];
  return {
    encode: createEncode(type, fingerprint),
    decode: createDecode(type, readers) as (bytes: Uint8Array) => FromAvro<S> | DecodeReason,
    fingerprint,
    canonical: canonicalOf(type),
  };
}

function createEncode(type: avro.Type, fingerprint: bigint) {
  let scratch = newScratch(initialScratchBytes, fingerprint);
  return (value: unknown): Uint8Array<ArrayBuffer> => {
    let end = type.encode(value, scratch, headerBytes);
    if (end < 0) {
      scratch = newScratch(scratch.length - end, fingerprint);
      end = type.encode(value, scratch, headerBytes);
    }
    const encoded = Uint8Array.prototype.slice.call(scratch, 0, end) as Uint8Array<ArrayBuffer>;
    if (scratch.length > maxKeptScratchBytes) scratch = newScratch(initialScratchBytes, fingerprint);
    return encoded;
  };
}

function newScratch(size: number, fingerprint: bigint): Buffer {
  const scratch = Buffer.allocUnsafeSlow(size);
  scratch[0] = 0xc3;
  scratch[1] = 0x01;
  scratch.writeBigUInt64LE(fingerprint, 2);
  return scratch;
}

function createDecode(type: avro.Type, readers: readonly Reader[]) {
  return (bytes: Uint8Array): unknown => {
    if (bytes.length < 2 || bytes[0] !== 0xc3 || bytes[1] !== 0x01) return 'not_single_object';
    if (bytes.length < headerBytes) return 'truncated';
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const low = buffer.readUInt32LE(2);
    const high = buffer.readUInt32LE(6);
    const reader = readers.find((candidate) => candidate.low === low && candidate.high === high);
    return reader === undefined ? 'unknown_schema' : decodeBody(type, buffer, reader);
  };
}

function decodeBody(type: avro.Type, buffer: Buffer, reader: Reader): unknown {
  try {
    const { value, offset } = type.decode(buffer, headerBytes, reader.resolver);
    if (offset < 0) return 'truncated';
    return offset === buffer.length ? value : 'trailing_bytes';
  } catch {
    // Impossible union branches, counts and lengths throw: the bytes are at fault, not the program.
    return 'malformed';
  }
}

function pastReader(type: avro.Type, version: unknown): Reader {
  const writer = typeOf(version);
  return { ...readerOf(fingerprintOf(writer)), resolver: type.createResolver(writer) };
}

const readerOf = (fingerprint: bigint): Reader => ({
  low: Number(fingerprint & 0xffffffffn),
  high: Number(fingerprint >> 32n),
  resolver: undefined,
});

const typeOf = (schema: unknown): avro.Type =>
  avro.Type.forSchema(structuredClone(schema) as avro.Schema, {
    omitRecordMethods: true,
    typeHook: boundedCollections,
  });

const canonicalOf = (type: avro.Type): string => JSON.stringify(type.schema());

const fingerprintOf = (type: avro.Type): bigint => crc64Avro(canonicalOf(type));
