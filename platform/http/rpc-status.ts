import type { ApiError } from '../errors.ts';

/** Codes of google.rpc.Status by HTTP status. */
const rpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};
const rpcInternal = 13;

/** The error as google.rpc.Status, the envelope of OTLP. */
export const rpcStatusOf = ({ statusCode, message }: ApiError): { code: number; message: string } => ({
  code: rpcCodes[statusCode] ?? rpcInternal,
  message,
});
