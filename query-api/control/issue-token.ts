import { forbidden } from '../../platform/errors.ts';
import { issueToken } from '../../platform/tenancy/jwt/issued-tokens.ts';
import { type Role, roleOf } from '../../platform/tenancy/roles.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { CONTROL_LIMITS } from '../../schemas/api/control-limits.ts';
import type { Call } from './call.ts';
import { withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';

export interface SessionToIssue {
  tenant: Tenant;
  /** Seconds; absent: a quarter of an hour. */
  lifetimeS?: number | undefined;
}

export interface IssuedSession {
  token: string;
  role: Role;
  /** Seconds from now. */
  lifetimeS: number;
}

/** Makes a JWT that stands for the caller's key in one tenant, and ends no later than the key. ApiError 403 when the caller presents a JWT itself. */
export function issueSession(options: ControlOptions, call: Call, session: SessionToIssue): Promise<IssuedSession> {
  const { principal } = call;
  const { tenant } = session;
  return withChange(options, {
    call,
    subject: { action: 'token.issue', objectType: 'key', objectId: principal.credentialId, tenant: tenant.id },
    async run(_sql, report) {
      if (principal.session !== undefined) throw forbidden('A token is made from an API key, not from another token.');
      const issuedAt = options.now();
      const wantedS = session.lifetimeS ?? CONTROL_LIMITS.defaultTokenLifetimeS;
      const leftS = Math.floor(((principal.expiresAt ?? Number.POSITIVE_INFINITY) - issuedAt) / 1_000);
      const lifetimeS = Math.min(wantedS, leftS);
      const role = roleOf(principal.permissions);
      const { credentialId: keyId } = principal;
      const token = await issueToken(
        { keyId, tenant: tenant.id, role, issuedAt, expiresAt: issuedAt + lifetimeS * 1_000 },
        options.pepper,
      );
      report({ objectId: keyId, tenant: tenant.id, after: { role, lifetimeS } });
      return { token, role, lifetimeS };
    },
  });
}
