import type { FastifyInstance } from 'fastify';

/** Requests that take longer are logged. */
const slowRequestMs = 1_000;

/** Headers that stand on every answer, and a log line for the slow ones; answers that went well are not logged. */
export function addResponseHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.elapsedTime > slowRequestMs) {
      const durationMs = Math.round(reply.elapsedTime);
      const { url } = request.routeOptions;
      request.log.warn({ requestId: request.id, method: request.method, url, durationMs }, 'slow request');
    }
    done();
  });
}
