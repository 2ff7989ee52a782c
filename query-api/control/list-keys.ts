import type { Sql } from '../../platform/postgres.ts';
import type { KeyFamily } from '../../platform/tenancy/keys.ts';
import type { Permission, Principal } from '../../platform/tenancy/tenancy.ts';
import { isVisible } from './visible-keys.ts';

/** A key as administrators see it. */
export interface StoredKey {
  id: string;
  name: string;
  permissions: Permission[];
  prefix: string;
  createdAt: Date;
  expiresAt: Date | null;
  rateLimitRps: number | null;
  lastUsedAt: Date | null;
}

export interface KeysToList {
  principal: Principal;
  family: KeyFamily;
  /** Milliseconds since the epoch: expired keys are not in force. */
  at: number;
}

/** The keys of a family that are in force and that the principal may see, newest first. */
export function listKeys(sql: Sql, { principal, family, at }: KeysToList): Promise<StoredKey[]> {
  return sql<StoredKey[]>`
    SELECT id, name, permissions, prefix, created_at AS "createdAt", expires_at AS "expiresAt",
           rate_limit_rps AS "rateLimitRps", last_used_at AS "lastUsedAt"
    FROM api_keys
    WHERE family = ${family} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${new Date(at)})
      AND ${isVisible(sql, principal)}
    ORDER BY created_at DESC, id`;
}
