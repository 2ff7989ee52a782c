import { pino } from 'pino';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../platform/config.ts';
import type { AuditReport } from '../../../processors/audit/audit.ts';
import { type AuditSpan, startAuditJob } from '../../../processors/jobs/audit.ts';
import { exportAudits } from '../../../processors/metrics.ts';

const sound: AuditReport = {
  tenants: 2,
  slices: 8,
  rows: 1_000,
  wrong: {},
  wrongCells: 0,
  unsettledCells: 3,
  rebuiltBuckets: 0,
  listed: [],
};
const damaged: AuditReport = {
  ...sound,
  wrong: { measurements_1d: 2 },
  wrongCells: 2,
  listed: [
    {
      tenant: 'org_acme',
      table: 'measurements_1d',
      subjectKind: 'capability',
      subject: 'P2P',
      metric: 'CycleTime',
      at: 0,
      differs: ['row'],
      expected: null,
      got: null,
    },
  ],
};

/** A job whose times are ours, and what it logged. */
function startJob(audit: (span: AuditSpan) => Promise<AuditReport>, cron = '17 3 * * *') {
  const lines: Record<string, unknown>[] = [];
  const scheduled: { cron: string; run: () => Promise<void> }[] = [];
  let stops = 0;
  const job = startAuditJob({
    cron,
    audit,
    log: pino({}, { write: (line) => lines.push(JSON.parse(line)) }),
    now: () => Date.UTC(2026, 2, 19, 3, 17),
    schedule: (expression, run) => {
      scheduled.push({ cron: expression, run });
      return {
        stop() {
          stops += 1;
        },
      };
    },
  });
  const night = async () => scheduled[0]?.run();
  return { job, lines, scheduled, night, stops: () => stops };
}

describe('audit job', () => {
  it('audits the two whole days before the present one, at the times asked for', async () => {
    const spans: AuditSpan[] = [];
    const { night, scheduled, lines, job } = startJob(async (span) => {
      spans.push(span);
      return sound;
    });
    expect(scheduled.map(({ cron }) => cron)).toEqual(['17 3 * * *']);
    expect(spans).toEqual([]);
    await night();
    expect(spans).toEqual([{ from: Date.UTC(2026, 2, 17) / 1000, to: Date.UTC(2026, 2, 19) / 1000 }]);
    expect(lines).toEqual([expect.objectContaining({ level: 30, wrongCells: 0, rows: 1_000, unsettledCells: 3 })]);
    expect(job.stats).toEqual({ runs: 1, failures: 0, wrongCells: 0, unsettledCells: 3 });
  });

  it('tells and counts what is wrong', async () => {
    const { night, lines, job } = startJob(async () => damaged);
    await night();
    await night();
    expect(lines[0]).toMatchObject({ level: 50, wrongCells: 2, wrong: { measurements_1d: 2 } });
    expect(JSON.stringify(lines[0]?.differences)).toContain('measurements_1d  org_acme  capability P2P');
    expect(job.stats).toMatchObject({ runs: 2, wrongCells: 4 });
    const registry = new Registry();
    exportAudits(registry, job.stats);
    expect(await registry.metrics()).toContain('tidemark_audit_wrong_cells_total 4');
  });

  it('survives a night without a store, and goes on the next', async () => {
    let isAway = true;
    const { night, lines, job } = startJob(async () => {
      if (isAway) throw new Error('no answer');
      return sound;
    });
    await night();
    isAway = false;
    await night();
    expect(lines.map(({ level }) => level)).toEqual([50, 30]);
    expect(job.stats).toMatchObject({ runs: 2, failures: 1 });
  });

  it('stops', async () => {
    const { job, stops } = startJob(async () => sound);
    await job.stop();
    expect(stops()).toBe(1);
  });

  it.each(['61 * * * *', '* * *', 'often'])('refuses the expression %s', (cron) => {
    expect(() => startJob(async () => sound, cron)).toThrow(ConfigError);
  });
});
