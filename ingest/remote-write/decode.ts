import { decodeV1 } from './decode-v1.ts';
import { decodeV2 } from './decode-v2.ts';
import type { IdentityCache } from './identity-cache.ts';
import { ExcessError, MalformedError } from './protobuf.ts';
import type { WriteRequest } from './write-request.ts';

export type Version = '1.0' | '2.0';

/** Why bytes are not taken as a request. */
export interface DecodeFailure {
  reason: 'malformed' | 'too_large';
  detail: string;
}

/** The request in an uncompressed body, or why there is none. Never throws for what the bytes are. */
export function decodeRequest(
  bytes: Buffer,
  { version, identities }: { version: Version; identities: IdentityCache },
): WriteRequest | DecodeFailure {
  try {
    return version === '1.0' ? decodeV1(bytes, identities) : decodeV2(bytes);
  } catch (error) {
    if (error instanceof ExcessError) return { reason: 'too_large', detail: error.message };
    if (isMalformed(error)) return { reason: 'malformed', detail: error.message };
    throw error;
  }
}

// pbf throws plain errors for varints and wire types that cannot be; its DataView a RangeError for what is cut off.
const isMalformed = (error: unknown): error is Error =>
  error instanceof MalformedError || error instanceof RangeError || (error instanceof Error && error.name === 'Error');
