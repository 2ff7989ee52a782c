import type { Sql } from '../../platform/postgres.ts';
import type { Call } from '../control/call.ts';
import { appendAuditRow, type CallOutcome } from './append-audit-row.ts';

/** What was done to the control plane, by whom; append-only. */
export interface AuditLog {
  /** Writes the row of a call that changed nothing; those of changes are written with the change. */
  recordRefusal(call: Call, outcome: CallOutcome): Promise<void>;
}

export interface AuditLogOptions {
  sql: Sql;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export function createAuditLog({ sql, now }: AuditLogOptions): AuditLog {
  return {
    recordRefusal: (call, outcome) =>
      sql.begin((transaction) => appendAuditRow(transaction, { call, at: now(), outcome })),
  };
}
