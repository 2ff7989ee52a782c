import { createSecretKey } from 'node:crypto';
import type { Log } from '../../log.ts';
import { type JwtClaims, readClaims } from './jwt-claims.ts';
import type { JwtHeader } from './jwt-header.ts';
import type { JwtSettings } from './jwt-settings.ts';
import { createRemoteKeySet, type FindKey } from './remote-key-set.ts';
import { type JwtKey, verifySignature } from './verify-signature.ts';

/** The claims of a token of the identity provider; undefined when it is not a valid one. */
export type VerifyExternal = (token: string, header: JwtHeader) => Promise<JwtClaims | undefined>;

export interface ExternalTokensOptions {
  settings: JwtSettings | undefined;
  log: Log;
  now: () => number;
}

/** Verifies tokens of the configured identity provider; none is valid where none is configured. */
export function createExternalTokens({ settings, log, now }: ExternalTokensOptions): VerifyExternal {
  if (settings === undefined) return async () => undefined;
  const { issuer, audience, source } = settings;
  const findKey = 'secret' in source ? onlyKey(source.secret) : createRemoteKeySet({ url: source.jwksUrl, log, now });
  return async (token, { alg, kid }) => {
    const key = await findKey(alg, kid);
    if (key === undefined) return undefined;
    const payload = await verifySignature(token, key, { issuer, audience, now: now() });
    return payload === undefined ? undefined : readClaims(payload);
  };
}

function onlyKey(secret: string): FindKey {
  const key: JwtKey = { algorithm: 'HS256', key: createSecretKey(secret, 'utf8') };
  return async (algorithm) => (algorithm === key.algorithm ? key : undefined);
}
