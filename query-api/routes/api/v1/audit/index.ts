import { forbidden } from '../../../../../platform/errors.ts';
import { invalidRequest } from '../../../../../platform/http/issues.ts';
import type { HttpServer } from '../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../platform/http/tenant-scope.ts';
import type { Principal } from '../../../../../platform/tenancy/tenancy.ts';
import { AUDIT_LIMITS, AuditListSchema, type AuditQuery, AuditQuerySchema } from '../../../../../schemas/api/audit.ts';
import type { AuditFilter } from '../../../../audit/list-audit.ts';
import type { QueryApiDeps } from '../../../../deps.ts';
import { type Range, readRange } from '../../../../range.ts';

/** How far back a list without `from` reaches: to the beginning. */
const everDays = 36_500;

export default async function audit(app: HttpServer): Promise<void> {
  const { control } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'credential', extension: true },
      schema: {
        tags: ['Audit'],
        summary: 'List what was done to the configuration',
        description:
          'Newest first: one row for each call that changed something, or was refused. Admins see their organizations, credentials of the platform everything. Rows are chained by their hashes and cannot be altered.',
        querystring: AuditQuerySchema,
        response: { 200: AuditListSchema },
      },
    },
    async ({ principal, query }) => {
      checkMayRead(principal);
      const { limit = AUDIT_LIMITS.defaultPageSize, pageToken, ...asked } = query;
      const filter = await readFilter(app.deps, principal, query);
      return control.auditLog.list(filter, { pageToken, limit, list: [principal.credentialId, asked] });
    },
  );
}

// Two permissions open the route, so it is declared for every credential and decided here.
function checkMayRead({ permissions }: Principal): void {
  if (!permissions.has('admin') && !permissions.has('platform')) throw forbidden();
}

async function readFilter(deps: QueryApiDeps, principal: Principal, query: AuditQuery): Promise<AuditFilter> {
  const { orgCode: reference, actor, action, object, result } = query;
  const range = rangeOf(query, deps.now());
  const evenSuspended = principal.permissions.has('platform');
  const named =
    reference === undefined
      ? undefined
      : await resolveTenant({ ...deps, principal, reference, purpose: 'read', evenSuspended });
  const scope =
    named === undefined
      ? { tenants: principal.tenants, ownCredential: principal.credentialId }
      : { tenants: [named.id] };
  return { ...range, ...scope, actor, action, object, result };
}

function rangeOf(query: AuditQuery, now: number): Range {
  const result = readRange(query, { now, retentionDays: everDays });
  if ('issue' in result) throw invalidRequest('querystring', [result.issue]);
  return result.range;
}
