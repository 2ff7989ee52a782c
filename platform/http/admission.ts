import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import type { Directory, Principal } from '../tenancy/tenancy.ts';
import { authenticate, checkPermission } from './auth.ts';
import type { KeylessAccess } from './keyless.ts';
import { isLoopback } from './loopback.ts';
import { type RateLimitOptions, type RoutedCall, takeBudget } from './rate-limit.ts';

export interface AdmissionOptions {
  directory: Directory;
  /** Absent: no limits. */
  rateLimit?: RateLimitOptions;
  requireHttps: boolean;
  /** For routes that are open to callers without a credential; absent: none is. */
  keyless?: KeylessAccess;
}

/**
 * Decides about every request before its body is read: 403 over plain HTTP where that is refused, 401 and 403 by
 * the credential and the permission the route declares, 429 beyond its budget. Sets `request.principal`.
 */
export function addAdmission(app: FastifyInstance, options: AdmissionOptions): void {
  app.decorateRequest('principal', null as unknown as Principal);
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    const { permission } = config;
    if (options.requireHttps && permission !== 'public') refusePlainHttp(request);
    if (permission === 'public' || permission === 'forwarded') return;
    if (request.is404) return countIfKnown({ request, reply, config }, options);
    await identify({ request, reply, config }, options);
    checkPermission(request, permission);
  });
}

async function identify(call: RoutedCall, options: AdmissionOptions): Promise<void> {
  const { request } = call;
  try {
    request.principal = await principalOf(call, options);
  } finally {
    // Failed attempts draw on the budget of the address, so keys cannot be guessed faster than they can be used.
    const taking = options.rateLimit === undefined ? undefined : takeBudget(call, options.rateLimit);
    // Most requests find some of their budget at hand: they do not wait a turn for nothing.
    if (taking !== undefined) await taking;
  }
}

async function principalOf(
  { request, config }: RoutedCall,
  { directory, keyless }: AdmissionOptions,
): Promise<Principal> {
  if (keyless !== undefined && config.keyless === true && !hasCredential(request.headers)) {
    const principal = await keyless.principalOf(request);
    if (principal !== undefined) return principal;
  }
  return authenticate(request, directory);
}

// What is not there is so for everybody; who presents a credential draws on a budget with it all the same.
async function countIfKnown(call: RoutedCall, options: AdmissionOptions): Promise<void> {
  if (options.rateLimit === undefined || !hasCredential(call.request.headers)) return;
  await identify(call, options).catch((error: unknown) => {
    if (!isRefusedCredential(error)) throw error;
  });
}

const isRefusedCredential = (error: unknown): boolean =>
  error instanceof ApiError && (error.statusCode === 400 || error.statusCode === 401 || error.statusCode === 403);

const hasCredential = (headers: FastifyRequest['headers']): boolean =>
  headers['x-api-key'] !== undefined || headers.authorization !== undefined;

/** ApiError 403 unless the request came over HTTPS as far as its proxy says, or from this host without one. */
export function refusePlainHttp(request: FastifyRequest): void {
  const protocol = request.headers['x-forwarded-proto'];
  if (protocol === 'https' || (protocol === undefined && isLoopback(request.socket.remoteAddress))) return;
  throw new ApiError(403, { code: 'https_required', message: 'HTTPS is required; plain HTTP requests are rejected.' });
}
