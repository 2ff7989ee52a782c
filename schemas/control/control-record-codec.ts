import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { isTime } from '../events/possible-values.ts';
import { CONTROL_RECORD_SCHEMA, type ControlRecord } from './control-record.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(CONTROL_RECORD_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding. */
export const encodeControlRecord: (record: ControlRecord) => Uint8Array<ArrayBuffer> = codec.encode;

/** The control record in a record's value, or a reason (`typeof result === 'string'`): `unknown_schema` when it is another kind of record. Never throws. */
export function decodeControlRecord(bytes: Uint8Array): ControlRecord | DecodeReason {
  const record = codec.decode(bytes);
  return typeof record === 'string' || isTime(record.at) ? record : 'impossible_value';
}

export const CONTROL_RECORD_FINGERPRINT = codec.fingerprint;
export const CONTROL_RECORD_CANONICAL = codec.canonical;
