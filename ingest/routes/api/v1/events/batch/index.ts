import type { FastifyPluginAsync } from 'fastify';
import { EVENT_LIMITS } from '../../../../../../schemas/api/event-limits.ts';
import {
  type BatchAccepted,
  BatchAcceptedSchema,
  IncomingBatchSchema,
  type IncomingEvent,
  IngestHeadersSchema,
  IngestQuerySchema,
} from '../../../../../../schemas/api/events.ts';
import type { EventBatch } from '../../../../../../schemas/events/event-batch.ts';
import { answerEvents, type EventRoutesOptions } from '../../../../../event-request.ts';

/** POST /api/v1/events/batch: up to 1,000 events of one organization, all or none. */
const batchRoutes: FastifyPluginAsync<EventRoutesOptions> = async (app, options) => {
  app.post('', {
    config: { permission: 'ingest', rateCategory: 'ingest' },
    attachValidation: true,
    schema: {
      summary: 'Ingest a batch of events',
      tags: ['Events'],
      body: IncomingBatchSchema,
      querystring: IngestQuerySchema,
      headers: IngestHeadersSchema,
      response: { 201: BatchAcceptedSchema },
    },
    handler: (request, reply) =>
      answerEvents(options, {
        request,
        reply,
        eventsOf,
        path: (index, field) => `events[${index}].${field}`,
        render: renderBatch,
      }),
  });
};
export default batchRoutes;

// The shape may be wrong: what is no array of acceptable length is left to the error that says so.
function eventsOf(body: unknown): readonly IncomingEvent[] {
  const events: unknown = (body as { events?: unknown } | null)?.events;
  return Array.isArray(events) && events.length <= EVENT_LIMITS.batchEvents ? events : [];
}

const renderBatch = ({ events }: EventBatch): BatchAccepted => ({ accepted: events.length, failed: 0, errors: [] });
