import { createHmac, createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Pepper } from '../pepper.ts';
import type { Role } from '../roles.ts';
import { type JwtClaims, readClaims } from './jwt-claims.ts';
import type { JwtHeader } from './jwt-header.ts';
import { verifySignature } from './verify-signature.ts';

export interface TokenToIssue {
  /** The key it is made from: it dies with it. */
  keyId: string;
  /** Id of the tenant it is for. */
  tenant: string;
  role: Role;
  /** Milliseconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
}

/** Issuer and audience of the tokens made here; no identity provider can sign with their keys. */
const party = 'tidemark';
const kidPrefix = 'tidemark-v';
const purpose = 'tidemark issued token';

/** Whether a header names a key that only Tidemark has. */
export const isIssuedHere = ({ kid }: JwtHeader): boolean => kid?.startsWith(kidPrefix) === true;

/** A JWT that stands for a key. Every tier that knows the pepper can verify it. */
export function issueToken(token: TokenToIssue, pepper: Pepper): Promise<string> {
  const { keyId, tenant, role, issuedAt, expiresAt } = token;
  return new SignJWT({ key_id: keyId, tenant_id: tenant, role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: `${kidPrefix}${pepper.current}` })
    .setIssuer(party)
    .setAudience(party)
    .setSubject(keyId)
    .setIssuedAt(Math.floor(issuedAt / 1_000))
    .setExpirationTime(Math.floor(expiresAt / 1_000))
    .setJti(randomUUID())
    .sign(signingKey(pepper, pepper.current));
}

/** The claims of a token made by `issueToken`; undefined for every other. */
export async function verifyIssued(
  token: string,
  { kid = '', pepper, now }: { kid: string | undefined; pepper: Pepper; now: number },
): Promise<(JwtClaims & { keyId: string }) | undefined> {
  const version = Number(kid.slice(kidPrefix.length));
  if (!pepper.secrets.has(version) || kid !== `${kidPrefix}${version}`) return undefined;
  const key = { algorithm: 'HS256', key: signingKey(pepper, version) } as const;
  const payload = await verifySignature(token, key, { issuer: party, audience: party, now });
  const claims = payload === undefined ? undefined : readClaims(payload);
  const keyId = payload?.key_id;
  return claims === undefined || typeof keyId !== 'string' ? undefined : { ...claims, keyId };
}

// Derived, so that what verifies a key's hash never signs anything.
function signingKey(pepper: Pepper, version: number): KeyObject {
  const secret = pepper.secrets.get(version);
  if (secret === undefined) throw new Error(`no pepper of version ${version}`);
  return createSecretKey(createHmac('sha256', secret).update(purpose).digest());
}
