import type { FastifyPluginAsync } from 'fastify';
import {
  type EventAccepted,
  EventAcceptedSchema,
  type IncomingEvent,
  IncomingEventSchema,
  IngestHeadersSchema,
  IngestQuerySchema,
} from '../../../../../schemas/api/events.ts';
import { answerEvents, type EventRoutesOptions } from '../../../../event-request.ts';
import type { Destination, Ingested } from '../../../../ingestor.ts';
import { formatTimestamp } from '../../../../timestamps.ts';

/** POST /api/v1/events: one event. */
const eventRoutes: FastifyPluginAsync<EventRoutesOptions> = async (app, options) => {
  app.post('/', {
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
        events: [request.body as IncomingEvent],
        path: (_index, field) => field,
        render: renderEvent,
      }),
  });
};
export default eventRoutes;

function renderEvent({ batch }: Ingested, { tenant }: Destination): EventAccepted {
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
