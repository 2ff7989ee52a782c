import type { FastifyInstance } from 'fastify';
import { unavailable } from '../errors.ts';

const closeIdleEveryMs = 50;

/** Lets the server close in good order: what has begun is finished, what still comes is answered 503, and idle connections do not hold it up. */
export function addDrain(app: FastifyInstance): void {
  let isDraining = false;
  app.addHook('preClose', async () => {
    isDraining = true;
    // Node closes the connections that are idle when the server begins to close, not those that become idle afterwards.
    const closeIdle = setInterval(() => app.server.closeIdleConnections(), closeIdleEveryMs);
    app.server.once('close', () => clearInterval(closeIdle));
    closeIdle.unref();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    done(isDraining ? unavailable('The service is shutting down. Please retry.') : undefined);
  });
}
