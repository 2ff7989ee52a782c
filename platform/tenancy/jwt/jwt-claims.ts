import type { JWTPayload } from 'jose';
import { isRole, type Role } from '../roles.ts';

/** What Tidemark needs of a verified token. */
export interface JwtClaims {
  subject: string;
  /** The tenant in any id style. */
  tenant: string;
  role: Role;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

const textPattern = /^[^\p{Cc}]{1,256}$/u;

/** The claims of a verified payload; undefined when `sub`, `exp`, the tenant (`tenant` or `tenant_id`) or the role is missing or no such thing. */
export function readClaims(payload: JWTPayload): JwtClaims | undefined {
  const { sub: subject, exp, role } = payload;
  const tenant = tenantOf(payload);
  if (!isText(subject) || !isText(tenant) || !isRole(role)) return undefined;
  return typeof exp === 'number' ? { subject, tenant, role, expiresAt: exp * 1_000 } : undefined;
}

function tenantOf({ tenant, tenant_id: tenantId }: JWTPayload): unknown {
  return tenant !== undefined && tenantId !== undefined && tenant !== tenantId ? undefined : (tenant ?? tenantId);
}

const isText = (value: unknown): value is string => typeof value === 'string' && textPattern.test(value);
