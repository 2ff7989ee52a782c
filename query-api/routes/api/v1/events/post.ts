import replyFrom from '@fastify/reply-from';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../../../../../platform/errors.ts';
import {
  BatchAcceptedSchema,
  EventAcceptedSchema,
  IncomingBatchSchema,
  IncomingEventSchema,
  IngestHeadersSchema,
  IngestQuerySchema,
} from '../../../../../schemas/api/events.ts';
import { forward } from '../../../../forward.ts';

/** Longer than an append to the log may take. */
const ANSWER_TIMEOUT_MS = 25_000;
const CONNECTIONS = 64;

/** The routes of the ingest tier on the API port: documented here, checked and served there. */
export default async function ingestRoutes(app: FastifyInstance): Promise<void> {
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
  const handler: typeof forward = (request, reply) => {
    if (ingestUrl === undefined) throw unavailable('Events cannot be taken here: no ingest tier is configured.');
    return forward(request, reply);
  };
  const shared = { querystring: IngestQuerySchema, headers: IngestHeadersSchema, tags: ['Events'] };
  app.post('', {
    config: { permission: 'forwarded' },
    schema: {
      ...shared,
      summary: 'Ingest one event',
      body: IncomingEventSchema,
      response: { 201: EventAcceptedSchema },
    },
    handler,
  });
  app.post('/batch', {
    config: { permission: 'forwarded' },
    schema: {
      ...shared,
      summary: 'Ingest a batch of events',
      body: IncomingBatchSchema,
      response: { 201: BatchAcceptedSchema },
    },
    handler,
  });
}
