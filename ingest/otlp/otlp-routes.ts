import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, badRequest, unavailable } from '../../platform/errors.ts';
import { toApiError } from '../../platform/http/error-handler.ts';
import { inflateBody } from '../../platform/http/inflate.ts';
import { OTLP_ROUTES } from '../../schemas/api/otlp.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import { CONTENT_TYPES, encodeStatus, encodeSuccess, encodingOf } from './answers.ts';
import { OTLP_LIMITS } from './otlp-limits.ts';
import type { OtlpDefect } from './otlp-model.ts';
import { SIGNALS, type Signal } from './signals.ts';
import { createStringTable, type StringTable } from './string-table.ts';

export interface OtlpRoutesOptions {
  intake: TelemetryIntake;
}

interface Otlp extends OtlpRoutesOptions {
  strings: StringTable;
}

/** What a body of unknown length is counted as until it has arrived: most are compressed while they are sent, and small. */
const unannouncedBytes = 1024 ** 2;

/** POST /v1/metrics, /v1/logs and /v1/traces: OTLP/HTTP in Protobuf and JSON. */
const otlpRoutes: FastifyPluginAsync<OtlpRoutesOptions> = async (app, { intake }) => {
  const otlp = { intake, strings: createStringTable() };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(Object.values(CONTENT_TYPES), { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler((error, request, reply) => sendStatus(error, request, reply));
  boundBodies(app);
  for (const signal of SIGNALS) {
    app.post(`/v1/${signal.name}`, {
      bodyLimit: OTLP_LIMITS.bodyBytes,
      config: { permission: 'ingest', rateCategory: 'ingest', family: 'O', extension: true },
      schema: OTLP_ROUTES[signal.name],
      handler: (request, reply) => answerSignal(otlp, signal, { request, reply }),
    });
  }
};
export default otlpRoutes;

/** Refuses with 503 what would make the bodies being received and read together larger than they may be. */
function boundBodies(app: FastifyInstance): void {
  let inFlightBytes = 0;
  app.addHook('onRequest', async (request, reply) => {
    const bytes = Number(request.headers['content-length'] ?? unannouncedBytes);
    if (bytes > OTLP_LIMITS.bodyBytes) throw tooLarge();
    if (inFlightBytes + bytes > OTLP_LIMITS.inFlightBytes) throw unavailable('Too much telemetry at once.');
    inFlightBytes += bytes;
    reply.raw.once('close', () => {
      inFlightBytes -= bytes;
    });
  });
}

async function answerSignal(
  { intake, strings }: Otlp,
  signal: Signal,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<unknown> {
  const owner = await intake.resolveTelemetryTenant(request);
  const body = await plainBody(request);
  const digest = createHash('sha256').update(body).digest('base64');
  const encoding = encodingOf(request.headers['content-type']);
  const table = intake.seriesTable(owner);
  const receivedAt = intake.now();
  const prepared = signal.prepare({ body, encoding, strings, owner, receivedAt, table, digest });
  // The body is not kept while the log writes.
  request.body = undefined;
  if (typeof prepared === 'string') throw refusals[prepared]();
  const { services, rejections } = prepared;
  await intake.admitServices(owner, services);
  await prepared.write(intake.writer);
  return reply.type(CONTENT_TYPES[encoding]).send(encodeSuccess(encoding, signal.rejectedField, rejections));
}

/** The body without its Content-Encoding. */
async function plainBody({ body, headers }: FastifyRequest): Promise<Buffer> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const encoding = headers['content-encoding'];
  if (headers['content-type'] === undefined) throw unsupportedType();
  if (encoding === undefined || bytes.length === 0) return bytes;
  return inflateBody(bytes, encoding, {
    bytes: OTLP_LIMITS.bodyBytes,
    ratio: OTLP_LIMITS.inflateRatio,
    floorBytes: OTLP_LIMITS.inflateFloorBytes,
  });
}

const refusals: Record<OtlpDefect, () => ApiError> = {
  malformed: () => badRequest('The request body is not the message of this address in the encoding its type names.'),
  too_deep: () => badRequest(`Attribute values must not be nested deeper than ${OTLP_LIMITS.valueDepth} levels.`),
  too_many: () => tooLarge(),
};

const tooLarge = () =>
  new ApiError(413, {
    code: 'payload_too_large',
    message: 'The request holds more than one may; send smaller batches.',
  });

const unsupportedType = () =>
  new ApiError(415, {
    code: 'unsupported_media_type',
    message: `The request must be sent as Content-Type: ${Object.values(CONTENT_TYPES).join(' or ')}.`,
  });

/** Every error as google.rpc.Status in the encoding of the request. */
function sendStatus(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const shown = toApiError(error);
  reply.errorCode = shown.code;
  if (shown.statusCode >= 500) request.log.error({ err: error, requestId: request.id }, 'request failed');
  if (shown.retryAfter !== undefined) reply.header('retry-after', shown.retryAfter);
  if (shown.statusCode === 401) reply.header('www-authenticate', 'Bearer');
  const encoding = encodingOf(request.headers['content-type']);
  const isMediaType = shown.code === 'unsupported_media_type' && request.headers['content-encoding'] === undefined;
  return reply
    .code(shown.statusCode)
    .type(CONTENT_TYPES[encoding])
    .send(encodeStatus(encoding, isMediaType ? unsupportedType() : shown));
}
