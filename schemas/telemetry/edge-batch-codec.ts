import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { EDGE_BATCH_SCHEMA, type EdgeBatch } from './edge-batch.ts';
import { isPossibleEdgeBatch } from './possible-batches.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(EDGE_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeEdgeBatch: (batch: EdgeBatch) => Uint8Array<ArrayBuffer> = codec.encode;

/** The batch in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export function decodeEdgeBatch(bytes: Uint8Array): EdgeBatch | DecodeReason {
  const batch = codec.decode(bytes);
  return typeof batch === 'string' || isPossibleEdgeBatch(batch) ? batch : 'impossible_value';
}

export const EDGE_BATCH_FINGERPRINT = codec.fingerprint;
export const EDGE_BATCH_CANONICAL = codec.canonical;
