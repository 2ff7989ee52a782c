import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, notFound, unavailable } from '../platform/errors.ts';
import { allowLongBody } from '../platform/http/long-body.ts';
import { NDJSON_LIMITS, NDJSON_TYPE } from '../schemas/api/ndjson-limits.ts';

/** Headers that belong to one connection, which undici sets itself or refuses. */
const HOP_HEADERS = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const retryAfterS = 1;
/** Two dots beside a slash, however they are written: on the way to the other tier they could become another path. */
const upwards = /(?:\.|%2e){2}(?:\/|%2f)|(?:\/|%2f)(?:\.|%2e){2}/i;

/** Hands a request to the ingest tier as it is but for added headers, its body unread, and answers what that tier answers; 503 when it cannot be reached. */
export function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  added: Readonly<Record<string, string>> = {},
): FastifyReply {
  const path = request.raw.url?.split('?')[0] ?? '/';
  if (upwards.test(path)) throw notFound();
  const isLong = request.headers['content-type']?.startsWith(NDJSON_TYPE) === true;
  const limit = isLong ? NDJSON_LIMITS.bodyBytes : (request.routeOptions.bodyLimit ?? 0);
  // The other tier refuses it too, but only while the client is still sending, which many clients see as a broken connection.
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    throw new ApiError(413, { code: 'payload_too_large', message: 'Request body is larger than allowed.' });
  }
  if (isLong) request.raw.once('close', allowLongBody(request.raw.socket));
  return reply.from(path, {
    ...(isLong ? { timeout: NDJSON_LIMITS.durationMs } : {}),
    rewriteRequestHeaders: ({ id, ip }, headers) => ({ ...forwardedHeaders(headers, { id, ip }), ...added }),
    onError: (failed, { error }) => {
      failed.send(unavailable(`Events cannot be taken right now: ${reasonOf(error)}.`, retryAfterS));
    },
  });
}

/** The headers of a forwarded request: without those of the connection, with the request's id and the address it came from. */
export function forwardedHeaders(
  headers: IncomingHttpHeaders,
  { id, ip }: { id: string; ip: string },
): IncomingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name)));
  const earlier = headers['x-forwarded-for'];
  return { ...kept, 'x-request-id': id, 'x-forwarded-for': earlier === undefined ? ip : `${earlier}, ${ip}` };
}

const reasonOf = (error: Error): string =>
  error.name === 'GatewayTimeoutError' || /timeout/i.test(error.message)
    ? 'the ingest tier does not answer in time, so whether they were stored is not known'
    : 'the ingest tier cannot be reached';
