import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, notFound } from '../errors.ts';
import { familyOf, renderError } from './families.ts';
import { createMethodTable, type RouteSummary } from './routes.ts';
import { isUnavailable } from './unavailable.ts';

const retryAfterS = 1;

/** Sends every error of the server in the envelope of its route's family; what is not meant for the client becomes a plain 500 and a log line. */
export function addErrorHandlers(app: FastifyInstance, routes: readonly RouteSummary[]): void {
  const allowedMethods = createMethodTable(routes);
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(request.url);
    if (allowed.length === 0) return sendError(notFound(), request, reply);
    reply.header('allow', allowed.join(', '));
    return sendError(methodNotAllowed(request.method), request, reply);
  });
}

/** Answers the request with the error: as it is when it is meant for clients, translated when it is Fastify's, else as 500. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const shown = toApiError(error);
  reply.errorCode = shown.code;
  if (shown.statusCode >= 500) request.log.error({ err: error, requestId: request.id }, 'request failed');
  if (shown.retryAfter !== undefined) reply.header('retry-after', shown.retryAfter);
  if (shown.statusCode === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(shown.statusCode)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(renderError(familyOf(request), shown, request.id));
}

/** The error as a client may see it. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isUnavailable(error)) {
    return new ApiError(503, {
      code: 'unavailable',
      message: 'The service is temporarily unavailable. Please retry.',
      retryAfter: retryAfterS,
    });
  }
  return fromFramework(error) ?? new ApiError(500, { code: 'internal_error', message: 'Internal server error.' });
}

function fromFramework(error: unknown): ApiError | undefined {
  const { code, statusCode = 500 } = (error ?? {}) as { code?: unknown; statusCode?: number };
  if (typeof code !== 'string' || statusCode < 400 || statusCode > 499) return undefined;
  const known = frameworkErrors[code];
  if (known !== undefined) return new ApiError(known.statusCode, known);
  return code.startsWith('FST_') ? new ApiError(400, malformedRequest) : undefined;
}

const malformedRequest = { code: 'bad_request', message: 'The request is malformed.' };

const frameworkErrors: Record<string, { statusCode: number; code: string; message: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    statusCode: 413,
    code: 'payload_too_large',
    message: 'Request body is larger than allowed.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    statusCode: 415,
    code: 'unsupported_media_type',
    message: 'Request body must be sent as Content-Type: application/json.',
  },
  FST_ERR_BAD_URL: { statusCode: 400, code: 'bad_request', message: 'The URL is malformed.' },
  FST_ERR_MAX_PARAM_LENGTH: {
    statusCode: 404,
    code: 'not_found',
    message: 'The requested resource does not exist.',
  },
  FST_ERR_NOT_FOUND: { statusCode: 404, code: 'not_found', message: 'The requested resource does not exist.' },
};

function methodNotAllowed(method: string): ApiError {
  return new ApiError(405, { code: 'method_not_allowed', message: `Method ${method} is not allowed here.` });
}
