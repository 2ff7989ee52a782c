import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SecurityHeaders } from './security-headers.ts';

/** Requests that take longer are logged. */
const slowRequestMs = 1_000;

/** Puts the headers that stand on every answer, and logs the slow requests; answers that went well are not logged. */
export function addResponseHeaders(app: FastifyInstance, security: SecurityHeaders): void {
  app.addHook('onRequest', (request, reply, done) => {
    setResponseHeaders(request, reply, security);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.elapsedTime > slowRequestMs) logSlowRequest(request, reply);
    done();
  });
}

/** The headers of every answer. */
export function setResponseHeaders(request: FastifyRequest, reply: FastifyReply, security: SecurityHeaders): void {
  reply.headers(security);
  reply.header('x-request-id', request.id);
  reply.header('cache-control', 'no-store');
}

function logSlowRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { url } = request.routeOptions;
  const durationMs = Math.round(reply.elapsedTime);
  request.log.warn({ requestId: request.id, method: request.method, url, durationMs }, 'slow request');
}
