import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { IngestQuery } from '../../schemas/api/events.ts';
import { TELEMETRY_ROUTES } from '../../schemas/api/telemetry.ts';
import type { Answers } from '../answers.ts';
import { shapeErrorOf } from '../event-request.ts';
import { answerLines } from '../ndjson/answer-lines.ts';
import { addNdjsonBodies, NdjsonBody } from '../ndjson/body-stream.ts';
import type { RecordPlace, StoredWatch } from '../stored.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import type { Stored } from '../telemetry-writer.ts';
import { type BatchIds, derivedIds, freshIds } from './batch-ids.ts';
import { DEPLOYMENTS, LOGS, METRICS, type TelemetryKind } from './kinds.ts';
import { storeItems } from './store-items.ts';
import { createTelemetrySink } from './telemetry-sink.ts';

export interface TelemetryRoutesOptions {
  intake: TelemetryIntake;
  answers: Answers<TelemetryAnswer>;
  stored: StoredWatch;
}

export interface TelemetryAnswer {
  body: unknown;
  /** Absent: there was nothing to store. */
  record?: Stored;
}

const config = { permission: 'ingest', rateCategory: 'ingest', family: 'T', keyless: true } as const;

/** POST /events/logs, /events/metrics, /events/deployments, each also with /batch behind it. */
const telemetryRoutes: FastifyPluginAsync<TelemetryRoutesOptions> = async (app, options) => {
  for (const kind of [LOGS, METRICS, DEPLOYMENTS] as TelemetryKind[]) {
    const { one, batch, isBatchExtension } = TELEMETRY_ROUTES[kind.name];
    app.post(`/${kind.name}`, {
      config,
      attachValidation: true,
      schema: one,
      handler: (request, reply) => answerItem(options, kind, { request, reply }),
    });
    await app.register(async (scope) => {
      addNdjsonBodies(scope);
      scope.post(`/${kind.name}/batch`, {
        config: { ...config, extension: isBatchExtension },
        attachValidation: true,
        schema: batch,
        handler: (request, reply) => answerBatch(options, kind, { request, reply }),
      });
    });
  }
};
export default telemetryRoutes;

interface Call {
  request: FastifyRequest;
  reply: FastifyReply;
}

const answerItem = (options: TelemetryRoutesOptions, kind: TelemetryKind, call: Call) =>
  answer(options, kind, {
    ...call,
    isSingle: true,
    itemsOf: (body) => [body],
    path: (_index, field) => field,
    render: (id) => ({ id, queued: true }),
  });

const answerBatch = (options: TelemetryRoutesOptions, kind: TelemetryKind, call: Call) =>
  call.request.body instanceof NdjsonBody
    ? answerNdjson(options, kind, call)
    : answer(options, kind, {
        ...call,
        isSingle: false,
        itemsOf: (body) => (Array.isArray(body) && body.length <= TELEMETRY_ROUTES[kind.name].maxItems ? body : []),
        path: (index, field) => `[${index}].${field}`,
        render: (_id, count) => ({ accepted: count }),
      });

interface Question extends Call {
  isSingle: boolean;
  /** The items in a body of any shape; empty when it has none. */
  itemsOf(body: unknown): unknown[];
  path(index: number, field: string): string;
  render(id: string, count: number): unknown;
}

/** Stores the items of a request and answers 202; a repeat under the same Idempotency-Key gets the first answer. */
async function answer(
  { intake, answers, stored }: TelemetryRoutesOptions,
  kind: TelemetryKind,
  question: Question,
): Promise<unknown> {
  const { request, reply } = question;
  const shapeError = shapeErrorOf(request);
  const tenant = await intake.resolveTelemetryTenant(request);
  const idempotencyKey = request.headers['idempotency-key'] as string | undefined;
  const store = (): Promise<TelemetryAnswer> => {
    const items = question.itemsOf(request.body);
    const count = items.length;
    const ids = idsOf(idempotencyKey === undefined ? freshIds() : derivedIds(tenant.id, idempotencyKey), question);
    // Thousands of objects held while the log writes are what the garbage collector pays for.
    request.body = undefined;
    const body = question.render(ids.batch, count);
    if (count === 0 && shapeError === undefined) return Promise.resolve({ body });
    const writing = storeItems(intake, kind, { tenant, items, shapeError, ids, path: question.path });
    return writing.then((record) => ({ body, record }));
  };
  const scope = `${tenant.id} ${kind.name}`;
  const { body, record } = await (idempotencyKey === undefined
    ? store()
    : answers.once({ tenant: scope, idempotencyKey, body: request.body }, store));
  await waitStored(stored, question, record);
  return reply.code(202).send(body);
}

/** Stores the lines of a request, 1,000 in a record. */
async function answerNdjson(
  { intake, stored }: TelemetryRoutesOptions,
  kind: TelemetryKind,
  { request, reply }: Call,
): Promise<unknown> {
  shapeErrorOf(request);
  const tenant = await intake.resolveTelemetryTenant(request);
  const sink = createTelemetrySink(intake, kind, { request, tenant });
  return answerLines({
    request,
    reply,
    sink,
    async onStored({ accepted, record }) {
      await waitStored(stored, { request, reply }, record);
      return reply.code(202).send({ accepted });
    },
  });
}

async function waitStored(
  stored: StoredWatch,
  { request, reply }: Call,
  record: RecordPlace | undefined,
): Promise<void> {
  if ((request.query as IngestQuery).wait !== 'stored' || record === undefined) return;
  reply.header('x-tidemark-stored', String(await stored.isStored(record)));
}

/** The only item of a request has the id of the batch: it is what the client gets. */
const idsOf = (ids: BatchIds, { isSingle }: Question): BatchIds => (isSingle ? { ...ids, at: () => ids.batch } : ids);
