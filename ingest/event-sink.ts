import type { FastifyRequest } from 'fastify';
import { ApiError, badRequest } from '../platform/errors.ts';
import { IncomingBatchSchema, type IncomingEvent } from '../schemas/api/events.ts';
import type { Ingestor } from './ingestor.ts';
import { shapeErrorOfItems } from './ndjson/item-shapes.ts';
import type { LineSink } from './ndjson/store-lines.ts';

/** Stores the lines of one request as business events, all of one organization. */
export function createEventSink(ingestor: Ingestor, request: FastifyRequest): LineSink {
  const idempotencyKey = request.headers['idempotency-key'];
  let tenant: string | undefined;
  return {
    async store(items, key) {
      const incoming = {
        principal: request.principal,
        events: () => items as readonly IncomingEvent[],
        release: () => {},
        path: (index: number, field: string) => `events[${index}].${field}`,
        idempotencyKey: idempotencyKey === undefined ? undefined : `${idempotencyKey}\n${key}`,
        shapeError: shapeErrorOfItems(request, IncomingBatchSchema, { events: items }),
      };
      const destination = await ingestor.resolve(incoming);
      tenant ??= destination.tenant.id;
      if (tenant !== destination.tenant.id) throw badRequest('All events of a request belong to one organization.');
      return ingestor.store(incoming, destination, () => undefined);
    },
    refuse: (line, details) =>
      new ApiError(400, {
        code: 'validation_error',
        message: `Line ${line} is not accepted; the lines before it are stored.`,
        details,
      }),
  };
}
