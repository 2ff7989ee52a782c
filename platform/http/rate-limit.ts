import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { RateCategory } from './route-config.ts';

/** Requests a credential may make in one minute. */
export const RATE_LIMITS: Readonly<Record<RateCategory, number>> = { ingest: 5_000, query: 1_000, admin: 100 };
/** Callers counted apart at the same time; beyond it all further ones share a budget. */
export const MAX_COUNTED_CALLERS = 100_000;

const windowMs = 60_000;
const otherCallers = 'others';

export interface RateDecision {
  limit: number;
  remaining: number;
  /** Seconds since the epoch. */
  resetAtS: number;
  /** Seconds until the caller may come back; undefined when the request is within the limit. */
  retryAfterS?: number;
}

export interface RateLimiter {
  /** Counts one request of the caller. `nowMs` in milliseconds since the epoch. */
  take(category: RateCategory, caller: string, nowMs: number): RateDecision;
}

/** Counts requests per caller and category in fixed windows of one minute, in the memory of this process. */
export function createRateLimiter(limits = RATE_LIMITS): RateLimiter {
  let windowEndMs = 0;
  const counts: Record<RateCategory, Map<string, number>> = { ingest: new Map(), query: new Map(), admin: new Map() };
  return {
    take(category, caller, nowMs) {
      // A clock set back opens a new window too, so that nobody stays locked out.
      if (nowMs >= windowEndMs || nowMs < windowEndMs - windowMs) {
        windowEndMs = (Math.floor(nowMs / windowMs) + 1) * windowMs;
        for (const map of Object.values(counts)) map.clear();
      }
      return decide(limits[category], count(counts[category], caller), { windowEndMs, nowMs });
    },
  };
}

function count(counts: Map<string, number>, caller: string): number {
  const key = counts.size < MAX_COUNTED_CALLERS || counts.has(caller) ? caller : otherCallers;
  const used = (counts.get(key) ?? 0) + 1;
  counts.set(key, used);
  return used;
}

function decide(limit: number, used: number, { windowEndMs, nowMs }: { windowEndMs: number; nowMs: number }) {
  const decision: RateDecision = { limit, remaining: Math.max(0, limit - used), resetAtS: windowEndMs / 1000 };
  if (used > limit) decision.retryAfterS = Math.max(1, Math.ceil((windowEndMs - nowMs) / 1000));
  return decision;
}

export interface RateLimitOptions {
  limiter: RateLimiter;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Counts the request against its credential, or against the peer's address while it has none, and tells the client where it stands. Throws 429. */
export function takeBudget(request: FastifyRequest, reply: FastifyReply, { limiter, now }: RateLimitOptions): void {
  const caller = request.principal?.credentialId ?? `address ${request.socket.remoteAddress}`;
  const decision = limiter.take(categoryOf(request), caller, now());
  reply.header('x-ratelimit-limit', decision.limit);
  reply.header('x-ratelimit-remaining', decision.remaining);
  reply.header('x-ratelimit-reset', decision.resetAtS);
  if (decision.retryAfterS !== undefined) throw tooManyRequests(decision.retryAfterS);
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
  if (config.rateCategory !== undefined) return config.rateCategory;
  if (config.permission === 'ingest') return 'ingest';
  return request.method === 'GET' || request.method === 'HEAD' ? 'query' : 'admin';
}
