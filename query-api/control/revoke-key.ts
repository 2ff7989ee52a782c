import { notFound } from '../../platform/errors.ts';
import type { SqlRunner } from '../../platform/postgres.ts';
import type { Call } from './call.ts';
import { withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';
import { isVisible } from './visible-keys.ts';

export interface RevokedKeyRow {
  id: string;
  revokedAt: Date;
}

interface KeyState {
  revokedAt: Date | null;
  tenants: string[];
}

const keyIdPattern = /^key_[0-9A-Za-z]{8,32}$/;

/** Revokes a key of any family for good. ApiError 404 when there is none or the principal may not see it. */
export function revokeKey(options: ControlOptions, call: Call, keyId: string): Promise<RevokedKeyRow> {
  // What is no id may be a key that was pasted into the wrong place: it must not be kept.
  const isId = keyIdPattern.test(keyId);
  const subject = { action: 'key.revoke', objectType: 'key', ...(isId ? { objectId: keyId } : {}) };
  return withChange(options, {
    call,
    subject,
    async run(sql, report) {
      const before = isId ? await lockKey(sql, call, keyId) : undefined;
      if (before === undefined) throw notFound();
      const revokedAt = before.revokedAt ?? new Date(options.now());
      if (before.revokedAt === null) await sql`UPDATE api_keys SET revoked_at = ${revokedAt} WHERE id = ${keyId}`;
      const [tenant, ...others] = before.tenants;
      const isOfOne = tenant !== undefined && others.length === 0;
      report({ objectId: keyId, tenant: isOfOne ? tenant : null, before, after: { ...before, revokedAt } });
      return { id: keyId, revokedAt };
    },
  });
}

async function lockKey(sql: SqlRunner, { principal }: Call, keyId: string): Promise<KeyState | undefined> {
  const [row] = await sql<KeyState[]>`
    SELECT revoked_at AS "revokedAt",
           ARRAY(SELECT tenant_id FROM api_key_tenants WHERE key_id = api_keys.id ORDER BY tenant_id) AS tenants
    FROM api_keys WHERE id = ${keyId} AND ${isVisible(sql, principal)} FOR UPDATE`;
  return row === undefined ? undefined : { ...row };
}
