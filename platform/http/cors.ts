import cors from '@fastify/cors';
import type { FastifyInstance, RouteOptions } from 'fastify';

/** Browsers ask again after this time whether another site may call: 10 minutes. */
export const PREFLIGHT_MAX_AGE_S = 600;

/** Lets scripts of the given origins call the API and read its headers. Without origins no site's scripts may: nothing is answered to preflights. */
export async function addCors(app: FastifyInstance, origins: readonly string[] = []): Promise<void> {
  if (origins.length === 0) return;
  app.addHook('onRoute', openPreflight);
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'idempotency-key',
      'x-api-key',
      'x-organization-id',
      'x-request-id',
    ],
    exposedHeaders: [
      'idempotent-replayed',
      'retry-after',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-request-id',
    ],
    // Credentials are headers that scripts set themselves, never cookies.
    credentials: false,
    // Its refusal would be plain text: what is no preflight is answered 204 as well.
    strictPreflight: false,
    maxAge: PREFLIGHT_MAX_AGE_S,
  });
}

// Preflights carry no credential: the plugin answers them in a hook of its own, and anything else at this route is not found.
function openPreflight(route: RouteOptions): void {
  if (route.url === '*' && route.method === 'OPTIONS') route.config = { ...route.config, permission: 'public' };
}
