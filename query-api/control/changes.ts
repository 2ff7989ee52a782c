import type { Sql, SqlRunner } from '../../platform/postgres.ts';
import { appendAuditRow } from '../audit/append-audit-row.ts';
import type { Call, Subject } from './call.ts';

/** The object before and after as JSON values without secrets, undefined where there was none; the log keeps their hashes. */
export interface Effect {
  objectId: string;
  tenant: string | null;
  before?: unknown;
  after?: unknown;
}

/** Tells what a change did; to be called once before the change ends. */
export type ReportEffect = (effect: Effect) => void;

export interface ChangeOptions {
  sql: Sql;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export interface ChangeToMake<T> {
  call: Call;
  subject: Subject;
  /** Runs all SQL of the change on `sql` and reports the effect, also when nothing had to be changed. */
  run(sql: SqlRunner, report: ReportEffect): Promise<T>;
}

/**
 * Makes one change and writes its audit row in the same transaction: neither exists without the other. A change that is refused throws
 * its ApiError as ever; the row of the refusal is written when the request is answered.
 */
export async function withChange<T>(options: ChangeOptions, { call, subject, run }: ChangeToMake<T>): Promise<T> {
  call.subject = subject;
  const result = await options.sql.begin(async (sql) => {
    const effects: Effect[] = [];
    const made = await run(sql, (effect) => effects.push(effect));
    const [effect] = effects;
    if (effect === undefined || effects.length > 1)
      throw new Error(`${subject.action} reported ${effects.length} effects`);
    await appendAuditRow(sql, {
      call,
      at: options.now(),
      outcome: { ...subject, ...effect, result: 'ok', code: null },
    });
    await call.beforeCommit?.(sql);
    return { made };
  });
  call.isRecorded = true;
  return result.made as T;
}
