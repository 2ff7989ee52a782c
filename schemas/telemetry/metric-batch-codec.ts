import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { METRIC_BATCH_SCHEMA, type MetricBatch } from './metric-batch.ts';
import { createMetricBatchEncoder, type WritableBatch } from './metric-batch-writer.ts';
import { isPossibleMetricBatch } from './possible-batches.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(METRIC_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeMetricBatch: (batch: WritableBatch) => Uint8Array<ArrayBuffer> = createMetricBatchEncoder(
  codec.fingerprint,
);

/** The batch in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export function decodeMetricBatch(bytes: Uint8Array): MetricBatch | DecodeReason {
  const batch = codec.decode(bytes);
  return typeof batch === 'string' || isPossibleMetricBatch(batch) ? batch : 'impossible_value';
}

export const METRIC_BATCH_FINGERPRINT = codec.fingerprint;
export const METRIC_BATCH_CANONICAL = codec.canonical;
