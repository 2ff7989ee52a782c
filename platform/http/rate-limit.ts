import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { Budget, RateDecision } from '../limits/budget.ts';
import type { LocalBudgets } from '../limits/local-budgets.ts';
import type { SharedBudgets } from '../limits/shared-budgets.ts';
import type { CallerBudgets } from './caller-budgets.ts';
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
  /** What a credential may do in a minute under these limits. */
  budgets: CallerBudgets;
  /** For callers with a credential, shared with the other processes. */
  shared: SharedBudgets;
  /** For callers without one, who must not be able to make the store work. */
  strangers: LocalBudgets;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** A request under way. */
export interface RoutedCall {
  request: FastifyRequest;
  reply: FastifyReply;
  /** Of its route. Read once for a request: Fastify builds `routeOptions` anew at every reading. */
  config: FastifyContextConfig;
}

/**
 * Counts the request against its credential, or against the peer's address while it has none, and tells the client where it stands. Done
 * when it returns undefined: only who has to ask the store, or has a limit a second, gets a promise. Throws or rejects with 429.
 */
export function takeBudget(call: RoutedCall, options: RateLimitOptions): Promise<void> | undefined {
  const { request, reply, config } = call;
  const { shared, strangers, now } = options;
  if (!request.principal) return show(reply, strangers.take(strangerBudgetOf(call, options.limits), now()));
  if (config.rateCategory === 'unlimited') return undefined;
  if (request.principal.rateLimitRps !== undefined) return takeBoth(call, options);
  // Family T documents no limits: there only that of the key counts.
  if (familyOf(request, config) === 'T') return undefined;
  const minute = shared.take(budgetOf(call, options), now());
  return minute instanceof Promise ? minute.then((decision) => show(reply, decision)) : show(reply, minute);
}

/** The limit a second of a credential comes first; what it refuses is not counted on the minute. */
async function takeBoth(call: RoutedCall, options: RateLimitOptions): Promise<void> {
  const { request, reply, config } = call;
  const { shared, now } = options;
  const second = await shared.take(rpsBudgetOf(request), now());
  if (familyOf(request, config) === 'T') return show(reply, second);
  const budget = budgetOf(call, options);
  const { retryAfterS } = second;
  if (retryAfterS === undefined) return show(reply, await shared.take(budget, now()));
  show(reply, { ...shared.peek(budget, now()), retryAfterS });
}

/** Puts a decision into the headers; throws 429 when it is a refusal. */
function show(reply: FastifyReply, { limit, remaining, resetAtS, retryAfterS }: RateDecision): undefined {
  reply.header('x-ratelimit-limit', limit);
  reply.header('x-ratelimit-remaining', remaining);
  reply.header('x-ratelimit-reset', resetAtS);
  if (retryAfterS !== undefined) throw tooManyRequests(retryAfterS);
}

function budgetOf({ request, config }: RoutedCall, { limits, budgets }: RateLimitOptions): Budget {
  const { principal } = request;
  const category = categoryOf(request, config);
  if (familyOf(request, config) !== 'S') return budgets(principal, category);
  const bucket = `${principal.credentialId} ${sourceOf(request)} ${category}`;
  return { bucket, limit: limits[category], windowMs: RATE_WINDOW_MS };
}

function strangerBudgetOf({ request, config }: RoutedCall, limits: RateLimits): Budget {
  const category = categoryOf(request, config);
  return { bucket: `address ${sourceOf(request)} ${category}`, limit: limits[category], windowMs: RATE_WINDOW_MS };
}

function rpsBudgetOf({ principal: { credentialId, rateLimitRps = 0 } }: FastifyRequest): Budget {
  return { bucket: `${credentialId} second`, limit: rateLimitRps, windowMs: RPS_WINDOW_MS };
}

function tooManyRequests(retryAfter: number): ApiError {
  return new ApiError(429, {
    code: 'rate_limit_exceeded',
    message: `Too many requests. Please retry after ${retryAfter} second${retryAfter === 1 ? '' : 's'}.`,
    retryAfter,
  });
}

function categoryOf({ method }: FastifyRequest, { rateCategory, permission }: FastifyContextConfig): RateCategory {
  if (rateCategory !== undefined && rateCategory !== 'unlimited') return rateCategory;
  if (permission === 'ingest') return 'ingest';
  return method === 'GET' || method === 'HEAD' ? 'query' : 'admin';
}
