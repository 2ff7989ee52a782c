import type { KeyObject } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';

/** The algorithms of asymmetric keys, and the one of secrets. A key verifies with its own algorithm only, whatever a token's header says. */
export type JwtAlgorithm = 'RS256' | 'ES256' | 'EdDSA' | 'HS256';

export interface JwtKey {
  algorithm: JwtAlgorithm;
  key: KeyObject;
}

export interface ExpectedToken {
  issuer: string;
  audience: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** How far the clocks of issuer and verifier may be apart, both ways. */
export const clockToleranceMs = 5_000;

const requiredClaims = ['exp', 'iss', 'aud', 'sub'];

/** The claims of a token that the key has signed, for this audience, by this issuer, and that is valid now; undefined for any other. */
export async function verifySignature(
  token: string,
  { key, algorithm }: JwtKey,
  { issuer, audience, now }: ExpectedToken,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience,
      requiredClaims,
      clockTolerance: clockToleranceMs / 1_000,
      currentDate: new Date(now),
    });
    return payload;
  } catch {
    // Nothing but the token and the key is involved: whatever fails here fails because of the token.
    return undefined;
  }
}
