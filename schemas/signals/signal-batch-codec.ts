import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { SIGNAL_BATCH_SCHEMA, type SignalBatch } from './signal-batch.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(SIGNAL_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeSignalBatch: (batch: SignalBatch) => Uint8Array<ArrayBuffer> = codec.encode;

/** The signals in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export const decodeSignalBatch: (bytes: Uint8Array) => SignalBatch | DecodeReason = codec.decode;

export const SIGNAL_BATCH_FINGERPRINT = codec.fingerprint;
export const SIGNAL_BATCH_CANONICAL = codec.canonical;
