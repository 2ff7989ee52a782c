import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { LOG_BATCH_SCHEMA, type LogBatch } from './log-batch.ts';
import { isPossibleLogBatch } from './possible-batches.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(LOG_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeLogBatch: (batch: LogBatch) => Uint8Array<ArrayBuffer> = codec.encode;

/** The batch in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export function decodeLogBatch(bytes: Uint8Array): LogBatch | DecodeReason {
  const batch = codec.decode(bytes);
  return typeof batch === 'string' || isPossibleLogBatch(batch) ? batch : 'impossible_value';
}

export const LOG_BATCH_FINGERPRINT = codec.fingerprint;
export const LOG_BATCH_CANONICAL = codec.canonical;
