import { schedule as scheduleCron, validate } from 'node-cron';
import { ConfigError } from '../../platform/config.ts';
import type { Log } from '../../platform/log.ts';
import type { AuditReport } from '../audit/audit.ts';
import { renderDifference } from '../audit/render-report.ts';

/** Of whole days before the present one, UTC: what is still being written to is left to the next night. Seconds since the epoch. */
export interface AuditSpan {
  from: number;
  to: number;
}

export interface AuditJobOptions {
  /** Five or six fields, UTC. */
  cron: string;
  audit(span: AuditSpan): Promise<AuditReport>;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Calls the job at the times of the expression, never twice at once, until it is stopped. */
  schedule?: Schedule;
}

export type Schedule = (cron: string, job: () => Promise<void>) => { stop(): void | Promise<void> };

export interface AuditJob {
  stats: Readonly<AuditStats>;
  stop(): Promise<void>;
}

/** Counts since the start of the process. */
export interface AuditStats {
  runs: number;
  /** Runs that could not compare. */
  failures: number;
  wrongCells: number;
  unsettledCells: number;
}

/** Days before the present one that a nightly audit compares. */
export const AUDITED_DAYS = 2;
const daySeconds = 86_400;
const maxLogged = 10;

/** Audits the last days at the times of the cron expression, and reports what it finds: it repairs nothing. Throws ConfigError on a bad expression. */
export function startAuditJob(options: AuditJobOptions): AuditJob {
  const { cron, now, schedule = scheduleUtc } = options;
  if (!validate(cron)) {
    throw new ConfigError(`TIDEMARK_AUDIT_CRON is ${JSON.stringify(cron)}; expected a cron expression or off`);
  }
  const stats: AuditStats = { runs: 0, failures: 0, wrongCells: 0, unsettledCells: 0 };
  const task = schedule(cron, () => runOnce(options, stats, auditedSpan(now())));
  return {
    stats,
    async stop() {
      await task.stop();
    },
  };
}

/** The last whole days before this moment. */
function auditedSpan(nowMs: number): AuditSpan {
  const today = Math.floor(nowMs / 1000 / daySeconds) * daySeconds;
  return { from: today - AUDITED_DAYS * daySeconds, to: today };
}

async function runOnce({ audit, log }: AuditJobOptions, stats: AuditStats, span: AuditSpan): Promise<void> {
  stats.runs += 1;
  const days = { from: new Date(span.from * 1000).toISOString(), to: new Date(span.to * 1000).toISOString() };
  try {
    const report = await audit(span);
    stats.wrongCells += report.wrongCells;
    stats.unsettledCells += report.unsettledCells;
    tell(log, days, report);
  } catch (error) {
    // The edge of the job: counted and told, and tried again the next night.
    stats.failures += 1;
    log.error({ ...days, err: error }, 'the audit of the rollups could not be done');
  }
}

function tell(log: Log, days: { from: string; to: string }, report: AuditReport): void {
  const { listed, ...totals } = report;
  if (report.wrongCells === 0) {
    log.info({ ...days, ...totals }, 'the rollups equal what they are made from');
    return;
  }
  const differences = listed.slice(0, maxLogged).map(renderDifference);
  log.error({ ...days, ...totals, differences }, 'rollup cells are wrong: npm run audit -- --repair mends them');
}

function scheduleUtc(cron: string, job: () => Promise<void>): { stop(): void | Promise<void> } {
  return scheduleCron(cron, job, { timezone: 'Etc/UTC', noOverlap: true });
}
