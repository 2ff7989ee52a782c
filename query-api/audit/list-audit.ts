import type { Sql } from '../../platform/postgres.ts';
import type { AuditEntry } from '../../schemas/api/audit.ts';

/** Which rows of the audit log are asked for. */
export interface AuditFilter {
  /** Ids of the tenants whose rows may be seen. */
  tenants: readonly string[] | 'all';
  /** Rows of this credential that concern no single tenant may be seen too; undefined: not. */
  ownCredential?: string | undefined;
  /** Milliseconds since the epoch: from inclusive, to exclusive. */
  from: number;
  to: number;
  actor?: string | undefined;
  action?: string | undefined;
  object?: string | undefined;
  result?: string | undefined;
}

export interface AuditSlice {
  /** The position behind which to go on; undefined: at the newest row. */
  after?: string | undefined;
  limit: number;
}

type Row = Omit<AuditEntry, 'at' | 'seq'> & { id: string; seq: string; at: Date };

/** Rows newest first, and the position of the last when there are more. A row that is written meanwhile moves no other to another page. */
export async function listAudit(
  sql: Sql,
  filter: AuditFilter,
  { after, limit }: AuditSlice,
): Promise<{ entries: AuditEntry[]; next: string | undefined }> {
  const rows = await sql<Row[]>`
    SELECT id, chain, seq, at, tenant_id AS "tenantId", credential_id AS "credentialId", user_id AS "userId", action,
           object_type AS "objectType", object_id AS "objectId", request_id AS "requestId", result, code,
           encode(before_hash, 'hex') AS "beforeHash", encode(after_hash, 'hex') AS "afterHash",
           encode(previous_hash, 'hex') AS "previousHash", encode(hash, 'hex') AS hash
    FROM audit_log
    WHERE ${matches(sql, filter)} AND ${after === undefined ? sql`true` : sql`id < ${after}`}
    ORDER BY id DESC
    LIMIT ${limit + 1}`;
  const page = rows.slice(0, limit);
  return { entries: page.map(toEntry), next: rows.length > limit ? page.at(-1)?.id : undefined };
}

function matches(sql: Sql, filter: AuditFilter) {
  const { from, to, actor = null, action = null, object = null, result = null } = filter;
  return sql`
    ${isVisible(sql, filter)} AND at >= ${new Date(from)} AND at < ${new Date(to)}
    AND (${actor}::text IS NULL OR credential_id = ${actor} OR user_id = ${actor})
    AND (${action}::text IS NULL OR action = ${action})
    AND (${object}::text IS NULL OR object_id = ${object})
    AND (${result}::text IS NULL OR result = ${result})`;
}

function isVisible(sql: Sql, { tenants, ownCredential = '' }: AuditFilter) {
  if (tenants === 'all') return sql`true`;
  return sql`(tenant_id = ANY (${[...tenants]}::text[]) OR (tenant_id IS NULL AND credential_id = ${ownCredential}))`;
}

function toEntry({ id: _, seq, at, ...row }: Row): AuditEntry {
  return { ...row, seq: Number(seq), at: at.toISOString() };
}
