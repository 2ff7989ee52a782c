import type { SqlRunner } from '../../platform/postgres.ts';
import type { Call } from '../control/call.ts';
import { type ChangeOptions, withChange } from '../control/changes.ts';
import type { Range } from '../range.ts';

/** At most this many resolutions by hand, the newest, are known to one list of anomalies. */
export const MAX_RESOLUTIONS = 10_000;

/** That an anomaly was resolved by hand. */
export interface Resolution {
  /** Of the anomaly. */
  id: string;
  resolvedAtMs: number;
  resolvedBy: string;
  note: string;
}

export interface AnomalyToResolve {
  tenant: string;
  id: string;
  detectedAtMs: number;
  note: string;
}

/** What people resolved: kept beside the anomalies, which are told again by what found them. */
export interface Resolutions {
  /** Of anomalies that were detected in a range, newest first. */
  list(tenants: readonly string[], range: Range): Promise<Resolution[]>;
  find(tenants: readonly string[], id: string): Promise<Resolution | undefined>;
  /** The first resolution stays. */
  resolve(call: Call, anomaly: AnomalyToResolve): Promise<Resolution>;
}

/** In PostgreSQL. */
export function createResolutions(options: ChangeOptions): Resolutions {
  const { sql } = options;
  return {
    list: (tenants, { from, to }) => sql<Resolution[]>`
      ${columns(sql)} WHERE tenant_id = ANY(${[...tenants]}) AND detected_at >= ${new Date(from)} AND detected_at < ${new Date(to)}
      ORDER BY detected_at DESC LIMIT ${MAX_RESOLUTIONS}`,
    async find(tenants, id) {
      const [found] = await sql<Resolution[]>`
        ${columns(sql)} WHERE tenant_id = ANY(${[...tenants]}) AND anomaly_id = ${id}`;
      return found;
    },
    resolve: (call, anomaly) => resolve(options, call, anomaly),
  };
}

const columns = (sql: SqlRunner) => sql`
  SELECT anomaly_id AS id, (extract(epoch FROM resolved_at) * 1000)::float8 AS "resolvedAtMs", resolved_by AS "resolvedBy", note
  FROM anomaly_resolutions`;

function resolve(options: ChangeOptions, call: Call, anomaly: AnomalyToResolve): Promise<Resolution> {
  const { tenant, id, detectedAtMs, note } = anomaly;
  const subject = { action: 'anomaly.resolve', objectType: 'anomaly', objectId: id, tenant };
  return withChange(options, {
    call,
    subject,
    async run(sql, report) {
      const made = { id, resolvedAtMs: options.now(), resolvedBy: call.principal.credentialId, note };
      const inserted = await sql`
        INSERT INTO anomaly_resolutions (tenant_id, anomaly_id, detected_at, resolved_at, resolved_by, note)
        VALUES (${tenant}, ${id}, ${new Date(detectedAtMs)}, ${new Date(made.resolvedAtMs)}, ${made.resolvedBy}, ${note})
        ON CONFLICT (tenant_id, anomaly_id) DO NOTHING`;
      if (inserted.count === 1) {
        report({ objectId: id, tenant, after: made });
        return made;
      }
      const [first = made] = await sql<Resolution[]>`
        ${columns(sql)} WHERE tenant_id = ${tenant} AND anomaly_id = ${id}`;
      report({ objectId: id, tenant, before: first, after: first });
      return first;
    },
  });
}
