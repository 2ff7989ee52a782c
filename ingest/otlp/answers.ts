import { PbfWriter } from 'pbf';
import type { ApiError } from '../../platform/errors.ts';
import { rpcStatusOf } from '../../platform/http/rpc-status.ts';
import { describeRejections, type Rejections } from './rejections.ts';

/** The two encodings of OTLP/HTTP; an answer has that of its request. */
export const CONTENT_TYPES = { proto: 'application/x-protobuf', json: 'application/json' } as const;
export type Encoding = keyof typeof CONTENT_TYPES;

/** Names of what partial success counts, by signal. */
export type RejectedField = 'rejectedDataPoints' | 'rejectedLogRecords' | 'rejectedSpans';

/** JSON for what names neither. */
export const encodingOf = (contentType: string | undefined): Encoding =>
  /^application\/x-protobuf\b/i.test(contentType ?? '') ? 'proto' : 'json';

/** An Export…ServiceResponse: empty when everything was taken, else with what was not. */
export function encodeSuccess(encoding: Encoding, field: RejectedField, rejections: Rejections): Buffer {
  const { count } = rejections;
  const errorMessage = describeRejections(rejections);
  if (encoding === 'json') {
    return Buffer.from(JSON.stringify(count === 0 ? {} : { partialSuccess: { [field]: String(count), errorMessage } }));
  }
  const writer = new PbfWriter();
  if (count > 0) writer.writeMessage(1, writePartialSuccess, { count, errorMessage });
  return Buffer.from(writer.finish());
}

function writePartialSuccess({ count, errorMessage }: { count: number; errorMessage: string }, writer: PbfWriter) {
  writer.writeVarintField(1, count);
  writer.writeStringField(2, errorMessage);
}

/** The error as google.rpc.Status. */
export function encodeStatus(encoding: Encoding, error: ApiError): Buffer {
  const status = rpcStatusOf(error);
  if (encoding === 'json') return Buffer.from(JSON.stringify(status));
  const writer = new PbfWriter();
  writer.writeVarintField(1, status.code);
  writer.writeStringField(2, status.message);
  return Buffer.from(writer.finish());
}
