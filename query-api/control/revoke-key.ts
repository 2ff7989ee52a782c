import { notFound } from '../../platform/errors.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import type { RevokedKey } from '../../schemas/api/keys.ts';
import type { ControlOptions } from './control-options.ts';
import { isVisible } from './visible-keys.ts';

const keyIdPattern = /^key_[0-9A-Za-z]{8,32}$/;

/** Revokes a key for good. ApiError 404 when there is none or the principal may not see it. */
export async function revokeKey(
  { sql, now }: ControlOptions,
  principal: Principal,
  keyId: string,
): Promise<RevokedKey> {
  if (!keyIdPattern.test(keyId)) throw notFound();
  const [revoked] = await sql<{ revokedAt: Date }[]>`
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, ${new Date(now())})
    WHERE id = ${keyId} AND ${isVisible(sql, principal)}
    RETURNING revoked_at AS "revokedAt"`;
  if (revoked === undefined) throw notFound();
  return { id: keyId, status: 'revoked', revokedAt: revoked.revokedAt.toISOString() };
}
