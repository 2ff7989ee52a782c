import replyFrom from '@fastify/reply-from';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../platform/errors.ts';
import { forward } from './forward.ts';

/** Longer than an append to the log may take. */
const ANSWER_TIMEOUT_MS = 25_000;
const CONNECTIONS = 64;

/** Makes the routes of a scope hand their requests on to the ingest tier, bodies unread and unchecked: resolves to their handler. */
export async function addForwarding(app: FastifyInstance): Promise<typeof forward> {
  const { ingestUrl } = app.deps.config;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));
  // The schemas are for the document only.
  app.setValidatorCompiler(() => () => true);
  if (ingestUrl !== undefined) {
    await app.register(replyFrom, {
      base: ingestUrl,
      disableRequestLogging: true,
      retryMethods: [],
      destroyAgent: true,
      undici: { connections: CONNECTIONS, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS },
    });
  }
  return (request, reply, added) => {
    if (ingestUrl === undefined) throw unavailable('Events cannot be taken here: no ingest tier is configured.');
    return forward(request, reply, added);
  };
}
