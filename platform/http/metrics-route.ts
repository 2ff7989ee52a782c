import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { forbidden, unauthorized } from '../errors.ts';
import type { Metrics, MetricsAccess } from '../metrics.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** Code of the error that was sent; undefined on any other answer. */
    errorCode: string | undefined;
  }
}

const open = { permission: 'public', family: 'S' } as const;

/** Measures every request and serves GET /metrics (Prometheus text format) to those who may read it: 401 and 403 to others. */
export function addMetrics(app: FastifyInstance, { registry, http, access }: Metrics): void {
  app.decorateReply('errorCode', undefined);
  app.addHook('onResponse', (request, reply, done) => {
    const { errorCode: reason, statusCode: status } = reply;
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    http.duration.observe({ route, method: request.method, status }, reply.elapsedTime / 1000);
    if (reason !== undefined) http.rejected.inc({ reason, status });
    done();
  });
  app.get('/metrics', { config: open, schema: { hide: true } }, async (request, reply) => {
    checkAccess(access, request.headers.authorization);
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

function checkAccess(access: MetricsAccess, authorization: string | undefined): void {
  if (access === 'open') return;
  if (access === 'closed')
    throw forbidden('Metrics are closed: set TIDEMARK_METRICS_TOKEN to read them from elsewhere.');
  if (!isEqual(authorization ?? '', `Bearer ${access.token}`)) throw unauthorized('Invalid or missing metrics token.');
}

// Digests of equal length: neither content nor length of the token shows in the time this takes.
const isEqual = (one: string, other: string): boolean => timingSafeEqual(digestOf(one), digestOf(other));
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
