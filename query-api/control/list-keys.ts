import type { Sql } from '../../platform/postgres.ts';
import type { Permission, Principal } from '../../platform/tenancy/tenancy.ts';
import type { Key } from '../../schemas/api/keys.ts';
import { scopeOf } from './key-scopes.ts';
import { isVisible } from './visible-keys.ts';

interface KeyRow {
  id: string;
  name: string;
  permissions: Permission[];
  prefix: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** The keys in force that the principal may see, newest first. */
export async function listKeys(sql: Sql, principal: Principal): Promise<Key[]> {
  const rows = await sql<KeyRow[]>`
    SELECT id, name, permissions, prefix, created_at AS "createdAt", last_used_at AS "lastUsedAt"
    FROM api_keys
    WHERE revoked_at IS NULL AND ${isVisible(sql, principal)}
    ORDER BY created_at DESC, id`;
  return rows.map(({ permissions, createdAt, lastUsedAt, ...row }) => ({
    ...row,
    scope: scopeOf(permissions),
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }));
}
