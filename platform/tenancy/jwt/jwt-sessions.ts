import type { Log } from '../../log.ts';
import type { Pepper } from '../pepper.ts';
import { rolePermissions } from '../roles.ts';
import { mayTouch, type Principal, type Tenant } from '../tenancy.ts';
import { createExternalTokens, type VerifyExternal } from './external-tokens.ts';
import { isIssuedHere, verifyIssued } from './issued-tokens.ts';
import type { JwtClaims } from './jwt-claims.ts';
import { readJwtHeader } from './jwt-header.ts';
import type { JwtSettings } from './jwt-settings.ts';
import { clockToleranceMs } from './verify-signature.ts';

export interface JwtSessionsOptions {
  settings: JwtSettings | undefined;
  pepper: Pepper;
  log: Log;
  now: () => number;
  tenant(reference: string): Promise<Tenant | undefined>;
  /** The principal of a key in force, by its id. */
  keyPrincipal(keyId: string): Promise<Principal | undefined>;
}

type Verified = JwtClaims & { keyId?: string };

/** Signatures are checked again after this, so that a key the provider withdrew ends with it. */
export const verifiedLifeMs = 30_000;
/** Verified tokens that are remembered. */
export const maxVerified = 1_000;

/**
 * The principal of a presented JWT, undefined when it is not valid. Only the signature is remembered: tenant and key are asked for each time,
 * so a suspension or revocation reaches tokens as it reaches keys.
 */
export function createJwtSessions(options: JwtSessionsOptions): (token: string) => Promise<Principal | undefined> {
  const { settings, log, now } = options;
  const external = createExternalTokens({ settings, log, now });
  const verified = new Map<string, { claims: Verified; verifiedAt: number }>();

  const claimsOf = async (token: string): Promise<Verified | undefined> => {
    const at = now();
    const entry = verified.get(token);
    if (entry !== undefined && isYoung(at - entry.verifiedAt)) return entry.claims;
    verified.delete(token);
    const claims = await verify(token, external, options);
    if (claims === undefined) return undefined;
    verified.set(token, { claims, verifiedAt: at });
    const [oldest] = verified.keys();
    if (verified.size > maxVerified && oldest !== undefined) verified.delete(oldest);
    return claims;
  };
  return async (token) => {
    const claims = await claimsOf(token);
    if (claims === undefined || now() >= claims.expiresAt + clockToleranceMs) return undefined;
    const tenant = await options.tenant(claims.tenant);
    if (claims.keyId === undefined) return toUser(claims, tenant);
    return toIssued(await options.keyPrincipal(claims.keyId), tenant);
  };
}

const isYoung = (ageMs: number): boolean => ageMs >= 0 && ageMs <= verifiedLifeMs;

async function verify(
  token: string,
  external: VerifyExternal,
  { pepper, now }: JwtSessionsOptions,
): Promise<Verified | undefined> {
  const header = readJwtHeader(token);
  if (header === undefined) return undefined;
  return isIssuedHere(header) ? verifyIssued(token, { kid: header.kid, pepper, now: now() }) : external(token, header);
}

/** Of a super-admin no tenant is needed: it does nothing in it, and may be about to create it. */
function toUser({ subject, role }: JwtClaims, tenant: Tenant | undefined): Principal | undefined {
  const isAbove = role === 'super-admin';
  if (tenant === undefined && !isAbove) return undefined;
  return {
    credentialId: `user:${subject}`,
    subject,
    session: 'external',
    permissions: new Set(rolePermissions[role]),
    tenants: tenant === undefined ? [] : [tenant.id],
    isSuspended: !isAbove && tenant?.status === 'suspended',
  };
}

/** The key as it is now, for one of its tenants. */
function toIssued(key: Principal | undefined, tenant: Tenant | undefined): Principal | undefined {
  if (key === undefined || tenant === undefined || !mayTouch(key, tenant.id)) return undefined;
  return { ...key, session: 'issued', tenants: [tenant.id], isSuspended: tenant.status === 'suspended' };
}
