import { PbfWriter } from 'pbf';
import type { ApiError } from '../../platform/errors.ts';
import { describeRejections, type Rejections } from './rejections.ts';

/** The two encodings of OTLP/HTTP; an answer has that of its request. */
export const CONTENT_TYPES = { proto: 'application/x-protobuf', json: 'application/json' } as const;
export type Encoding = keyof typeof CONTENT_TYPES;

/** Names of what partial success counts, by signal. */
export type RejectedField = 'rejectedDataPoints' | 'rejectedLogRecords' | 'rejectedSpans';

/** Codes of google.rpc.Status by HTTP status. */
const rpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  408: 4,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};
const rpcInternal = 13;

export const encodingOf = (contentType: string | undefined): Encoding =>
  /^application\/json\b/i.test(contentType ?? '') ? 'json' : 'proto';

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

/** A google.rpc.Status. */
export function encodeStatus(encoding: Encoding, { statusCode, message }: ApiError): Buffer {
  const code = rpcCodes[statusCode] ?? rpcInternal;
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const writer = new PbfWriter();
  writer.writeVarintField(1, code);
  writer.writeStringField(2, message);
  return Buffer.from(writer.finish());
}
