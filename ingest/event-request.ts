import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../platform/errors.ts';
import type { IncomingEvent, IngestQuery } from '../schemas/api/events.ts';
import type { Answers } from './answers.ts';
import type { Ingested, Ingestor, Render } from './ingestor.ts';
import type { StoredWatch } from './stored.ts';

/** What the routes of events work with. */
export interface EventRoutesOptions {
  ingestor: Ingestor;
  answers: Answers<Ingested<unknown>>;
  stored: StoredWatch;
}

export interface EventCall {
  request: FastifyRequest;
  reply: FastifyReply;
}

export interface EventRequest extends EventCall {
  /** The events in a body of any shape; empty when it has none. */
  eventsOf: (body: unknown) => readonly IncomingEvent[];
  path: (index: number, field: string) => string;
  render: Render<unknown>;
}

/** Stores the events of a request and answers 201 with what `render` makes of them; a repeat under the same Idempotency-Key gets the first answer. */
export async function answerEvents(options: EventRoutesOptions, question: EventRequest): Promise<unknown> {
  const { request, reply, eventsOf, path, render } = question;
  const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
  const { principal } = request;
  const events = () => eventsOf(request.body);
  const release = () => {
    request.body = undefined;
  };
  const incoming = { principal, events, release, path, idempotencyKey, shapeError: shapeErrorOf(request) };
  const destination = await options.ingestor.resolve(incoming);
  const store = () => options.ingestor.store(incoming, destination, render);
  const tenant = destination.tenant.id;
  const answered = await (idempotencyKey === undefined
    ? store()
    : options.answers.once({ tenant, idempotencyKey, body: request.body }, store));
  if ((request.query as IngestQuery).wait === 'stored') {
    reply.header('x-tidemark-stored', String(await options.stored.isStored(answered)));
  }
  return reply.code(201).send(answered.body);
}

/** Routes see the body even when its shape is wrong, to name what else is wrong with it; anything else wrong ends the request here. */
export function shapeErrorOf({ validationError }: FastifyRequest): ApiError | undefined {
  if (validationError === undefined) return undefined;
  if (validationError.validationContext === 'body' && validationError instanceof ApiError) return validationError;
  throw validationError;
}
