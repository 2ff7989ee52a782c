import type { ClickHouse } from '../../platform/clickhouse.ts';
import { type AuditOptions, type AuditReport, auditRollups } from './audit.ts';

export interface AuditResult {
  found: AuditReport;
  /** What an audit after the repair found; absent without a repair. */
  afterRepair?: AuditReport;
  rebuiltBuckets: number;
  /** Wrong cells that are there now. */
  wrongCells: number;
}

export interface RepairOptions extends Omit<AuditOptions, 'isRepair'> {
  /** Mend what is wrong, then look again. */
  repair?: boolean;
}

/** Audits the rollups; when something is wrong and a repair is wanted, mends it and audits again. */
export async function auditAndRepair(clickhouse: ClickHouse, options: RepairOptions = {}): Promise<AuditResult> {
  const { repair = false, ...selection } = options;
  const found = await auditRollups(clickhouse, selection);
  if (!repair || found.wrongCells === 0) return { found, rebuiltBuckets: 0, wrongCells: found.wrongCells };
  // Counts also what rebuilding a level does to the next one, so only the audits before and after it are told.
  const { rebuiltBuckets } = await auditRollups(clickhouse, { ...selection, isRepair: true, maxListed: 0 });
  const afterRepair = await auditRollups(clickhouse, selection);
  return { found, afterRepair, rebuiltBuckets, wrongCells: afterRepair.wrongCells };
}
