import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { JwtSettings } from '../../platform/tenancy/jwt/jwt-settings.ts';

export const issuer = 'https://id.example';
export const audience = 'tidemark';
export const sharedSecret = 'a secret of at least 32 characters, for tests';
export const secretSettings: JwtSettings = { issuer, audience, source: { secret: sharedSecret } };

/** Claims of a valid token of alice, administrator of acme-corp, at the time given (milliseconds since the epoch). */
export const claimsAt = (now: number) => ({
  iss: issuer,
  aud: audience,
  sub: 'alice@acme.com',
  tenant: 'acme-corp',
  role: 'admin',
  iat: now / 1_000,
  exp: now / 1_000 + 600,
});

export interface Signing {
  alg?: string;
  key?: KeyObject;
  /** More of the protected header. */
  header?: Record<string, unknown>;
}

/** Signs claims, with the shared secret unless another key is given. */
export function sign(claims: object, { alg = 'HS256', key = sharedKey, header = {} }: Signing = {}): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg, typ: 'JWT', ...header }).sign(key);
}

export const sharedKey = createSecretKey(sharedSecret, 'utf8');

/** Key pairs of a provider, and the set it publishes. */
export function createProvider() {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };
  const keys = Object.entries(pairs).map(([alg, { publicKey }]) => ({
    ...publicKey.export({ format: 'jwk' }),
    kid: `k-${alg}`,
    alg,
    use: 'sig',
  }));
  return { pairs, keySet: JSON.stringify({ keys }) };
}

/** Base64url of a JSON value or text. */
export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
