import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { canonicalJson } from '../../platform/audit/canonical-json.ts';
import { ApiError } from '../../platform/errors.ts';
import { IDEMPOTENCY_LIMITS, IdempotencyHeadersSchema } from '../../schemas/api/idempotency.ts';
import { isAudited } from '../audit/audit-calls.ts';
import { callOf } from '../control/call.ts';
import type { CallToClaim, Claim, ClaimResult, Idempotency } from './idempotency.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a call with an Idempotency-Key that is being carried out. */
    claim: Claim | null;
  }
}

type Refused = Exclude<ClaimResult['kind'], 'claimed' | 'answered'>;

const refusals: Record<Refused, () => ApiError> = {
  other_request: () =>
    new ApiError(422, {
      code: 'idempotency_key_reused',
      message: 'The Idempotency-Key was used for another request. Please choose a new one.',
    }),
  in_progress: () =>
    new ApiError(409, {
      code: 'request_in_progress',
      message: 'A request with the same Idempotency-Key is in progress.',
      retryAfter: 1,
    }),
  answer_lost: () =>
    new ApiError(409, {
      code: 'answer_lost',
      message: 'The request was carried out, but its answer is not known any more. Please look at what exists now.',
    }),
};

/**
 * Makes every mutating call of the control plane happen once for each Idempotency-Key of a credential and route: what it was answered is
 * kept for repeats, unless the server failed. Routes that declare an `action` get the header into their schema.
 */
export function addIdempotency(app: FastifyInstance, idempotency: Idempotency): void {
  app.decorateRequest('claim', null);
  app.addHook('onRoute', describeHeader);
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || !isAudited(request)) return undefined;
    const result = await idempotency.claim(toCall(request, key));
    if (result.kind === 'answered') return replay(request, reply, result.answer);
    if (result.kind !== 'claimed') throw refusals[result.kind]();
    const { claim } = result;
    request.claim = claim;
    callOf(request).beforeCommit = (sql) => idempotency.apply(sql, claim);
    return undefined;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const { claim } = request;
    if (claim === null) return;
    request.claim = null;
    await settle(idempotency, claim, { reply, payload }).catch((error: unknown) => {
      // The change stands and has its answer; a repeat will be told that the answer is lost, or be carried out if nothing was changed.
      request.log.error({ err: error, requestId: request.id }, 'the answer to an idempotent request could not be kept');
    });
  });
}

function describeHeader(route: RouteOptions): void {
  if (route.config?.action === undefined || route.schema === undefined) return;
  route.schema.headers ??= IdempotencyHeadersSchema;
}

function replay(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: { status: number; contentType: string; body: string },
) {
  // Nothing was changed or refused: the row in the audit log is that of the first request.
  callOf(request).isRecorded = true;
  return reply
    .code(answer.status)
    .header('idempotent-replayed', 'true')
    .type(answer.contentType)
    .send(Buffer.from(answer.body));
}

async function settle(
  idempotency: Idempotency,
  claim: Claim,
  sent: { reply: FastifyReply; payload: unknown },
): Promise<void> {
  const { reply, payload } = sent;
  const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.toString() : '';
  const isKept = reply.statusCode < 500 && Buffer.byteLength(body) <= IDEMPOTENCY_LIMITS.answerBytes;
  if (!isKept) return idempotency.release(claim);
  const contentType = String(reply.getHeader('content-type') ?? 'application/json; charset=utf-8');
  return idempotency.complete(claim, { status: reply.statusCode, contentType, body });
}

function toCall(request: FastifyRequest, key: string): CallToClaim {
  const { credentialId, tenants } = request.principal;
  const { method, routeOptions } = request;
  return {
    id: digest([credentialId, tenants === 'all' ? tenants : tenants.toSorted(), method, routeOptions.url, key]),
    request: digest([request.params, request.query, request.body]),
  };
}

const digest = (value: unknown): Buffer => createHash('sha256').update(canonicalJson(value)).digest();
