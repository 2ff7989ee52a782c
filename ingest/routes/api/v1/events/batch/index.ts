import type { FastifyPluginAsync } from 'fastify';
import { EVENT_LIMITS } from '../../../../../../schemas/api/event-limits.ts';
import {
  BATCH_BODY,
  type BatchAccepted,
  BatchAcceptedSchema,
  IncomingBatchSchema,
  type IncomingEvent,
  IngestHeadersSchema,
  type IngestQuery,
  IngestQuerySchema,
} from '../../../../../../schemas/api/events.ts';
import { NDJSON_TYPE } from '../../../../../../schemas/api/ndjson-limits.ts';
import type { EventBatch } from '../../../../../../schemas/events/event-batch.ts';
import { answerEvents, type EventCall, type EventRoutesOptions, shapeErrorOf } from '../../../../../event-request.ts';
import { createEventSink } from '../../../../../event-sink.ts';
import { answerLines } from '../../../../../ndjson/answer-lines.ts';
import { addNdjsonBodies, NdjsonBody } from '../../../../../ndjson/body-stream.ts';

/** POST /api/v1/events/batch: up to 1,000 events of one organization, all or none. */
const batchRoutes: FastifyPluginAsync<EventRoutesOptions> = async (app, options) => {
  addNdjsonBodies(app);
  app.post('', {
    config: { permission: 'ingest', rateCategory: 'ingest' },
    attachValidation: true,
    schema: {
      summary: 'Ingest a batch of events',
      description: 'All or none of them; or, as an extension, any number of events one a line (NDJSON).',
      consumes: ['application/json', NDJSON_TYPE],
      tags: ['Events'],
      body: IncomingBatchSchema,
      documented: { body: BATCH_BODY },
      querystring: IngestQuerySchema,
      headers: IngestHeadersSchema,
      response: { 201: BatchAcceptedSchema },
    },
    handler: (request, reply) =>
      request.body instanceof NdjsonBody
        ? answerEventLines(options, { request, reply })
        : answerEvents(options, { request, reply, eventsOf, path, render: renderBatch }),
  });
};
export default batchRoutes;

const path = (index: number, field: string): string => `events[${index}].${field}`;

// The shape may be wrong: what is no array of acceptable length is left to the error that says so.
function eventsOf(body: unknown): readonly IncomingEvent[] {
  const events: unknown = (body as { events?: unknown } | null)?.events;
  return Array.isArray(events) && events.length <= EVENT_LIMITS.batchEvents ? events : [];
}

const renderBatch = ({ events }: EventBatch): BatchAccepted => ({ accepted: events.length, failed: 0, errors: [] });

/** Stores the lines of a request, 1,000 in a record. */
function answerEventLines({ ingestor, stored }: EventRoutesOptions, { request, reply }: EventCall): Promise<unknown> {
  shapeErrorOf(request);
  return answerLines({
    request,
    reply,
    sink: createEventSink(ingestor, request),
    async onStored({ accepted, record }) {
      if ((request.query as IngestQuery).wait === 'stored' && record !== undefined) {
        reply.header('x-tidemark-stored', String(await stored.isStored(record)));
      }
      return reply.code(201).send({ accepted, failed: 0, errors: [] });
    },
  });
}
