import type { FastifyPluginAsync } from 'fastify';
import type { Tenant } from '../../../../../platform/tenancy/tenancy.ts';
import {
  type EventAccepted,
  EventAcceptedSchema,
  type IncomingEvent,
  IncomingEventSchema,
  IngestHeadersSchema,
  IngestQuerySchema,
} from '../../../../../schemas/api/events.ts';
import type { EventBatch } from '../../../../../schemas/events/event-batch.ts';
import { answerEvents, type EventRoutesOptions } from '../../../../event-request.ts';
import { formatTimestamp } from '../../../../timestamps.ts';

/** POST /api/v1/events: one event. */
const eventRoutes: FastifyPluginAsync<EventRoutesOptions> = async (app, options) => {
  app.post('', {
    config: { permission: 'ingest', rateCategory: 'ingest' },
    attachValidation: true,
    schema: {
      summary: 'Ingest one event',
      tags: ['Events'],
      body: IncomingEventSchema,
      querystring: IngestQuerySchema,
      headers: IngestHeadersSchema,
      response: { 201: EventAcceptedSchema },
    },
    handler: (request, reply) =>
      answerEvents(options, {
        request,
        reply,
        eventsOf: (body) => [body as IncomingEvent],
        path: (_index, field) => field,
        render: renderEvent,
      }),
  });
};
export default eventRoutes;

function renderEvent(batch: EventBatch, tenant: Tenant): EventAccepted {
  const [event] = batch.events;
  if (event === undefined) throw new Error('one event went in and none came out');
  return {
    id: event.id,
    orgCode: tenant.code,
    capabilityCode: event.capability,
    metricType: event.metric,
    value: event.value,
    timestamp: formatTimestamp(event.at),
    createdAt: formatTimestamp(batch.receivedAt),
  };
}
