import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { EVENT_BATCH_SCHEMA, type EventBatch } from './event-batch.ts';
import { createEventBatchEncoder, type EncodeEventBatch } from './event-batch-writer.ts';
import { isPossible } from './possible-values.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(EVENT_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeEventBatch: (batch: EventBatch) => Uint8Array<ArrayBuffer> = codec.encode;

/** The same bytes sooner, of a batch whose values are known to fit the schema: nothing is checked. */
export const encodeAcceptedBatch: EncodeEventBatch = createEventBatchEncoder(codec.fingerprint);

/** The batch in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export function decodeEventBatch(bytes: Uint8Array): EventBatch | DecodeReason {
  const batch = codec.decode(bytes);
  return typeof batch === 'string' || isPossible(batch) ? batch : 'impossible_value';
}

export const EVENT_BATCH_FINGERPRINT = codec.fingerprint;
export const EVENT_BATCH_CANONICAL = codec.canonical;
