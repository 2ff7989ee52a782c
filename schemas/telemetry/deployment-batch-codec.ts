import { createSingleObjectCodec, type DecodeReason } from '../codec.ts';
import { DEPLOYMENT_BATCH_SCHEMA, type DeploymentBatch } from './deployment-batch.ts';
import { isPossibleDeploymentBatch } from './possible-batches.ts';

/** Every version of the schema that ever reached a log, oldest first, without the present one. Append only. */
const pastSchemas: readonly unknown[] = [];

const codec = createSingleObjectCodec(DEPLOYMENT_BATCH_SCHEMA, pastSchemas);

/** One record's value: Avro single-object encoding of the batch. */
export const encodeDeploymentBatch: (batch: DeploymentBatch) => Uint8Array<ArrayBuffer> = codec.encode;

/** The batch in a record's value, or a reason (`typeof result === 'string'`) when the bytes hold none. Never throws. */
export function decodeDeploymentBatch(bytes: Uint8Array): DeploymentBatch | DecodeReason {
  const batch = codec.decode(bytes);
  return typeof batch === 'string' || isPossibleDeploymentBatch(batch) ? batch : 'impossible_value';
}

export const DEPLOYMENT_BATCH_FINGERPRINT = codec.fingerprint;
export const DEPLOYMENT_BATCH_CANONICAL = codec.canonical;
