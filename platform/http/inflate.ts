import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { ApiError, badRequest } from '../errors.ts';
import { MAX_BODY_BYTES, MAX_INFLATE_RATIO, MIN_INFLATE_BOUND_BYTES } from './body-limits.ts';

const inflaters: Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  deflate: promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

/** How far a body may inflate. */
export interface InflateLimits {
  bytes: number;
  /** To its size as it was sent. */
  ratio: number;
  /** What inflates to no more than this passes whatever its ratio. */
  floorBytes: number;
}

const usualLimits: InflateLimits = {
  bytes: MAX_BODY_BYTES,
  ratio: MAX_INFLATE_RATIO,
  floorBytes: MIN_INFLATE_BOUND_BYTES,
};

/**
 * The body without its Content-Encoding (gzip, deflate, br). Stops as soon as it exceeds the limits, 4 MiB or 50 times its size (but not
 * below 16 KiB) unless others are given: ApiError 413; 415 for another encoding, 400 for data that is not in the named encoding.
 */
export async function inflateBody(body: Buffer, encoding: string, limits = usualLimits): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === 'identity') return body;
  const decompress = Object.hasOwn(inflaters, name) ? inflaters[name] : undefined;
  if (decompress === undefined) {
    throw new ApiError(415, {
      code: 'unsupported_media_type',
      message: 'Content-Encoding must be gzip, deflate, br or identity.',
    });
  }
  const maxOutputLength = inflateBound(body.length, limits);
  try {
    return await decompress(body, { maxOutputLength });
  } catch (error) {
    throw toInflateError(error as NodeJS.ErrnoException, name, limits);
  }
}

/** Bytes a compressed body of this size may inflate to. */
export function inflateBound(compressedBytes: number, { bytes, ratio, floorBytes } = usualLimits): number {
  return Math.min(bytes, Math.max(floorBytes, compressedBytes * ratio));
}

function toInflateError({ code = '' }: NodeJS.ErrnoException, name: string, { bytes, ratio }: InflateLimits): ApiError {
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    return new ApiError(413, {
      code: 'payload_too_large',
      message: `Request body inflates to more than ${bytes} bytes or ${ratio} times its size.`,
    });
  }
  return badRequest(`Request body is not valid ${name} data.`);
}
