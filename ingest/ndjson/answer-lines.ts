import type { FastifyReply, FastifyRequest } from 'fastify';
import { toApiError } from '../../platform/http/error-handler.ts';
import { familyOf, renderError } from '../../platform/http/families.ts';
import { NdjsonBody, readBody } from './body-stream.ts';
import { readChunks } from './line-chunks.ts';
import { type LineSink, type LinesOutcome, storeLines } from './store-lines.ts';

export interface LinesCall {
  request: FastifyRequest;
  reply: FastifyReply;
  sink: LineSink;
  /** Answers that all lines are stored. */
  onStored(outcome: LinesOutcome): Promise<unknown>;
}

/**
 * Stores the lines of an NDJSON body and answers: with `onStored` when all are, else with the error in the envelope of the route's family,
 * `accepted` (lines that are stored) and `line` (the first that is not: everything before it is).
 */
export async function answerLines({ request, reply, sink, onStored }: LinesCall): Promise<unknown> {
  const { body } = request;
  if (!(body instanceof NdjsonBody)) throw new Error('the body is no stream of lines');
  const outcome = await readBody(body, (pieces) => storeLines(readChunks(pieces), sink));
  if (outcome.failure === undefined) return onStored(outcome);
  const { error, line } = outcome.failure;
  const shown = toApiError(error);
  reply.errorCode = shown.code;
  if (shown.statusCode >= 500) request.log.error({ err: error, requestId: request.id }, 'request failed');
  if (shown.retryAfter !== undefined) reply.header('retry-after', shown.retryAfter);
  const envelope = renderError(familyOf(request), shown, request.id);
  return reply
    .code(shown.statusCode)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send({ ...envelope, accepted: outcome.accepted, line });
}
