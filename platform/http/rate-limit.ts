import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { RateDecision } from '../limits/budget.ts';
import type { LocalBudgets } from '../limits/local-budgets.ts';
import type { SharedBudgets } from '../limits/shared-budgets.ts';
import { sourceOf } from './client-address.ts';
import { familyOf } from './families.ts';
import type { RateCategory } from './route-config.ts';

export type RateLimits = Readonly<Record<RateCategory, number>>;

/** Requests a credential may make in one minute, unless configured otherwise. */
export const RATE_LIMITS: RateLimits = { ingest: 5_000, query: 1_000, admin: 100 };
export const RATE_WINDOW_MS = 60_000;
/** The window of `rate_limit_rps`. */
export const RPS_WINDOW_MS = 1_000;

export interface RateLimitOptions {
  limits: RateLimits;
  /** For callers with a credential, shared with the other processes. */
  shared: SharedBudgets;
  /** For callers without one, who must not be able to make the store work. */
  strangers: LocalBudgets;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Counts the request against its credential, or against the peer's address while it has none, and tells the client where it stands. The
 * limit a second of a credential comes first; what it refuses is not counted on the minute. Throws 429.
 */
export async function takeBudget(
  request: FastifyRequest,
  reply: FastifyReply,
  options: RateLimitOptions,
): Promise<void> {
  const { shared, strangers, now } = options;
  const budget = budgetOf(request, options.limits);
  if (!request.principal) return show(reply, strangers.take(budget, now()));
  if (request.routeOptions.config?.rateCategory === 'unlimited') return;
  const perSecond = rpsBudgetOf(request);
  const second = perSecond === undefined ? undefined : await shared.take(perSecond, now());
  const isWithinSecond = second?.retryAfterS === undefined;
  // Family T documents no limits: there only that of the key counts.
  if (familyOf(request) === 'T') return second === undefined ? undefined : show(reply, second);
  const taken = isWithinSecond ? shared.take(budget, now()) : shared.peek(budget, now());
  const minute = taken instanceof Promise ? await taken : taken;
  show(reply, isWithinSecond ? minute : { ...minute, retryAfterS: second.retryAfterS as number });
}

/** Puts a decision into the headers; throws 429 when it is a refusal. */
function show(reply: FastifyReply, { limit, remaining, resetAtS, retryAfterS }: RateDecision): void {
  reply.header('x-ratelimit-limit', limit);
  reply.header('x-ratelimit-remaining', remaining);
  reply.header('x-ratelimit-reset', resetAtS);
  if (retryAfterS !== undefined) throw tooManyRequests(retryAfterS);
}

function budgetOf(request: FastifyRequest, limits: RateLimits) {
  const category = categoryOf(request);
  return { bucket: `${callerOf(request)} ${category}`, limit: limits[category], windowMs: RATE_WINDOW_MS };
}

function rpsBudgetOf({ principal: { credentialId, rateLimitRps } }: FastifyRequest) {
  if (rateLimitRps === undefined) return undefined;
  return { bucket: `${credentialId} second`, limit: rateLimitRps, windowMs: RPS_WINDOW_MS };
}

function callerOf(request: FastifyRequest): string {
  if (!request.principal) return `address ${sourceOf(request)}`;
  const { credentialId } = request.principal;
  return familyOf(request) === 'S' ? `${credentialId} ${sourceOf(request)}` : credentialId;
}

function tooManyRequests(retryAfter: number): ApiError {
  return new ApiError(429, {
    code: 'rate_limit_exceeded',
    message: `Too many requests. Please retry after ${retryAfter} second${retryAfter === 1 ? '' : 's'}.`,
    retryAfter,
  });
}

function categoryOf(request: FastifyRequest): RateCategory {
  const { config } = request.routeOptions;
  if (config?.rateCategory !== undefined && config.rateCategory !== 'unlimited') return config.rateCategory;
  if (config?.permission === 'ingest') return 'ingest';
  return request.method === 'GET' || request.method === 'HEAD' ? 'query' : 'admin';
}
