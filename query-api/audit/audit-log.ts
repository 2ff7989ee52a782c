import { invalidRequest } from '../../platform/http/issues.ts';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { Pepper } from '../../platform/tenancy/pepper.ts';
import type { AuditList } from '../../schemas/api/audit.ts';
import type { Call } from '../control/call.ts';
import { appendAuditRow, type CallOutcome } from './append-audit-row.ts';
import { type AuditFilter, listAudit } from './list-audit.ts';

/** What was done to the control plane, by whom; append-only. */
export interface AuditLog {
  /** Writes the row of a call that changed nothing; those of changes are written with the change. */
  recordRefusal(call: Call, outcome: CallOutcome): Promise<void>;
  /** One page, newest first. ApiError 400 for a page token of another caller or filter. */
  list(filter: AuditFilter, page: AuditPage): Promise<AuditList>;
}

export interface AuditPage {
  limit: number;
  pageToken?: string | undefined;
  /** What makes the list, beside the tenants: who asks, and the filter as it was asked for. */
  list: unknown;
}

export interface AuditLogOptions {
  sql: Sql;
  pepper: Pepper;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export function createAuditLog({ sql, pepper, now }: AuditLogOptions): AuditLog {
  const tokens = createPageTokens(pepper);
  return {
    recordRefusal: (call, outcome) =>
      sql.begin((transaction) => appendAuditRow(transaction, { call, at: now(), outcome })),
    async list(filter, { limit, pageToken, ...asked }) {
      const list = ['audit', filter.tenants, asked.list];
      const after = pageToken === undefined ? undefined : tokens.open(pageToken, list);
      if (pageToken !== undefined && after === undefined) throw foreignToken();
      const { entries, next } = await listAudit(sql, filter, { after, limit });
      return { data: entries, meta: { limit, nextPageToken: next === undefined ? null : tokens.sign(next, list) } };
    },
  };
}

const foreignToken = () =>
  invalidRequest('querystring', [{ field: 'pageToken', issue: 'must be the nextPageToken of the same list' }]);
