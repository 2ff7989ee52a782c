import type { FastifyInstance } from 'fastify';
import {
  BATCH_BODY,
  BatchAcceptedSchema,
  EventAcceptedSchema,
  IncomingBatchSchema,
  IncomingEventSchema,
  IngestHeadersSchema,
  IngestQuerySchema,
} from '../../../../../schemas/api/events.ts';
import { NDJSON_TYPE } from '../../../../../schemas/api/ndjson-limits.ts';
import { addForwarding } from '../../../../forwarding.ts';

/** The routes of the ingest tier on the API port: documented here, checked and served there. */
export default async function ingestRoutes(app: FastifyInstance): Promise<void> {
  const handler = await addForwarding(app);
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
      description: 'All or none of them; or, as an extension, any number of events one a line (NDJSON).',
      consumes: ['application/json', NDJSON_TYPE],
      body: IncomingBatchSchema,
      documented: { body: BATCH_BODY },
      response: { 201: BatchAcceptedSchema },
    },
    handler,
  });
}
