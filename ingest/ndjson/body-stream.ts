import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, badRequest } from '../../platform/errors.ts';
import { allowLongBody } from '../../platform/http/long-body.ts';
import { UnreadBody } from '../../platform/http/unread-body.ts';
import { NDJSON_LIMITS, NDJSON_TYPE } from '../../schemas/api/ndjson-limits.ts';

/** A body that has not been read yet; what a route with {@link addNdjsonBodies} finds as `request.body`. */
export class NdjsonBody extends UnreadBody {
  readonly request: IncomingMessage;
  readonly encoding: string | undefined;

  constructor(request: IncomingMessage, encoding: string | undefined) {
    super();
    this.request = request;
    this.encoding = encoding;
  }
}

const inflaters: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Lets the routes of a scope take NDJSON beside JSON; `request.body` is then an {@link NdjsonBody}, whatever the schema says. */
export function addNdjsonBodies(app: FastifyInstance): void {
  app.addContentTypeParser(NDJSON_TYPE, (request: FastifyRequest, _payload, done) => {
    if (Number(request.headers['content-length'] ?? 0) > NDJSON_LIMITS.bodyBytes) return done(tooLarge());
    done(null, new NdjsonBody(request.raw, request.headers['content-encoding']));
  });
}

/** Reads the body as `work` asks for it, decompressed. When `work` ends before the body does, the rest is read and dropped for a while, so that the client can read the answer. */
export async function readBody<T>(
  { request, encoding }: NdjsonBody,
  work: (pieces: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const release = allowLongBody(request.socket);
  const deadline = setTimeout(() => request.destroy(), NDJSON_LIMITS.durationMs);
  try {
    return await work(pieces(request, encoding));
  } finally {
    clearTimeout(deadline);
    release();
    drop(request);
  }
}

async function* pieces(request: IncomingMessage, encoding: string | undefined): AsyncGenerator<Buffer> {
  const source = encoding === undefined || encoding === 'identity' ? request : inflated(request, encoding);
  try {
    // Leaving the loop must not destroy the connection, on which the answer is still to go out.
    yield* source.iterator({ destroyOnReturn: false });
  } catch (error) {
    const isCompression = String((error as NodeJS.ErrnoException).code).startsWith('Z_');
    throw isCompression ? badRequest(`Request body is not valid ${encoding} data.`) : brokenOff();
  }
}

function inflated(request: IncomingMessage, encoding: string): Readable {
  const name = encoding.trim().toLowerCase();
  const create = Object.hasOwn(inflaters, name) ? inflaters[name] : undefined;
  if (create === undefined) {
    throw new ApiError(415, {
      code: 'unsupported_media_type',
      message: 'Content-Encoding must be gzip, deflate, br or identity.',
    });
  }
  const inflater = create();
  request.once('error', (error) => inflater.destroy(error));
  return request.pipe(inflater);
}

function drop(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  request.unpipe();
  request.on('error', () => request.destroy());
  request.resume();
  const timer = setTimeout(() => request.destroy(), NDJSON_LIMITS.lingerMs).unref();
  request.once('close', () => clearTimeout(timer));
}

const brokenOff = () => badRequest('The request was broken off.');

const tooLarge = () =>
  new ApiError(413, {
    code: 'payload_too_large',
    message: `Request body is larger than ${NDJSON_LIMITS.bodyBytes} bytes.`,
  });
