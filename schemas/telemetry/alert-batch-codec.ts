import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { ALERT_BATCH_SCHEMA, type AlertBatch } from './alert-batch.ts';
import { isPossibleAlertBatch } from './possible-batches.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(ALERT_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeAlertBatch: (batch: AlertBatch) => Uint8Array<ArrayBuffer> = codec.encode;

/** The batch in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export function decodeAlertBatch(bytes: Uint8Array): AlertBatch | DecodeReason {
  const batch = codec.decode(bytes);
  return typeof batch === 'string' || isPossibleAlertBatch(batch) ? batch : 'impossible_value';
}

export const ALERT_BATCH_FINGERPRINT = codec.fingerprint;
export const ALERT_BATCH_CANONICAL = codec.canonical;
