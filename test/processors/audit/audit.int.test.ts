import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditReport, auditRollups } from '../../../processors/audit/audit.ts';
import { auditAndRepair } from '../../../processors/audit/audit-and-repair.ts';
import { renderDifference } from '../../../processors/audit/render-report.ts';
import { type Analytics, rollupTables, startAnalytics } from '../../support/analytics.ts';
import { createBatch, createEvent, createLoadBatch, testAt } from '../../support/event-batches.ts';
import { storeBatches } from '../../support/stored-ranges.ts';

const day = 86_400_000;
const quick = { pauseMs: 1 };
let analytics: Analytics;
const run = (query: string) => analytics.clickhouse.command(query);

beforeAll(async () => {
  analytics = await startAnalytics();
});
afterAll(() => analytics.stop());

async function empty(): Promise<void> {
  for (const table of ['events', 'event_ids', ...rollupTables]) await run(`TRUNCATE ${table}`);
}

/** Two tenants, three days apart, two inserts a day. */
async function storeSound(): Promise<void> {
  for (const tenant of ['org_acme', 'org_globex']) {
    for (const daysLater of [0, 1, 3]) {
      const batch = (number: number) => ({
        ...createLoadBatch(number, { count: 500, tenant, at: testAt + daysLater * day + number * 1_800_000 }),
        retentionDays: 3_650,
      });
      await storeBatches(analytics.clickhouse, [batch(0), batch(1)]);
      await storeBatches(analytics.clickhouse, [batch(2)]);
    }
  }
}

const tablesOf = ({ listed }: AuditReport) => [...new Set(listed.map(({ table }) => table))];

/** What a tenant's rollups say, however their rows are merged by now. */
const rollupsOf = (tenant: string) =>
  Promise.all(
    rollupTables.map((table) =>
      analytics.clickhouse.select(
        `SELECT subject, metric, at, sum(t.count) AS n, round(sum(t.sum), 6) AS total, sum(sla_met) AS met,
          quantilesBFloat16Merge(0.1, 0.5, 0.9)(t.quantiles) AS levels
        FROM ${table} AS t WHERE tenant = {tenant:String} GROUP BY ALL ORDER BY ALL`,
        { tenant },
      ),
    ),
  );

describe('audit of two sound tenants', () => {
  beforeAll(storeSound);
  afterAll(empty);

  it('finds nothing where every event went through the views, in slices of any size', async () => {
    const whole = await auditRollups(analytics.clickhouse);
    expect(whole).toMatchObject({ tenants: 2, wrongCells: 0, unsettledCells: 0, wrong: {}, listed: [] });
    const cut = await auditRollups(analytics.clickhouse, { maxSliceRows: 1_000 });
    expect(cut).toMatchObject({ rows: whole.rows, wrongCells: 0, unsettledCells: 0 });
    expect(cut.slices).toBeGreaterThan(whole.slices);
  });

  it.each<[name: string, damage: string, expected: Record<string, string>]>([
    [
      'a missing cell',
      `DELETE FROM measurements_1m WHERE @ AND at < '2026-03-19 12:30:00'`,
      { measurements_1m: 'row', measurements_1h: 'count' },
    ],
    [
      'a doubled cell',
      `INSERT INTO measurements_1d SELECT * FROM measurements_1d WHERE @ AND at = '2026-03-20 00:00:00'`,
      { measurements_1d: 'count' },
    ],
    [
      'a wrong sum',
      `INSERT INTO measurements_1d (tenant, subject_kind, subject, metric, at, sum) SELECT tenant, subject_kind, subject, metric, at, 0.001 FROM measurements_1d WHERE @ AND at = '2026-03-20 00:00:00'`,
      { measurements_1d: 'sum' },
    ],
    [
      'wrong quantiles',
      `INSERT INTO measurements_1d (tenant, subject_kind, subject, metric, at, min, max, quantiles) SELECT tenant, subject_kind, subject, metric, at, any(m.min), any(m.max), quantilesBFloat16MergeState(0.5, 0.9, 0.95, 0.99)(m.quantiles) FROM measurements_1d AS m WHERE @ AND at >= '2026-03-20 00:00:00' AND subject = 'CAP1' GROUP BY ALL UNION ALL SELECT tenant, subject_kind, subject, metric, at, 0.5, 0.5, quantilesBFloat16State(0.5, 0.9, 0.95, 0.99)(0.5) FROM measurements_1d WHERE @ AND subject = 'CAP1' AND at < '2026-03-20 00:00:00' GROUP BY ALL`,
      { measurements_1d: 'quantiles' },
    ],
    [
      'a missing cell of dimensions',
      `DELETE FROM measurements_by_dimensions_1h WHERE @ AND dimensions['urgency'] = 'urgency-1'`,
      { measurements_by_dimensions_1h: 'row', measurements_by_dimensions_1d: 'row' },
    ],
    ['a missing day', `DELETE FROM measurements_1d WHERE @`, { measurements_1d: 'row' }],
    [
      'raw rows nothing was made of',
      `DELETE FROM events WHERE @ AND at < '2026-03-19 13:00:00'`,
      { measurements_1m: 'row', measurements_by_dimensions_1h: 'row' },
    ],
    [
      'a wrong time of expiry',
      `INSERT INTO measurements_1d (tenant, subject_kind, subject, metric, at, min, max, expires_at) SELECT tenant, subject_kind, subject, metric, at, m.min, m.max, '2040-01-01' FROM measurements_1d AS m WHERE @ AND at = '2026-03-20 00:00:00'`,
      { measurements_1d: 'expires_at' },
    ],
  ])('finds %s, mends it and leaves the other tenant alone', async (_name, damage, expected) => {
    const other = await rollupsOf('org_globex');
    await run(damage.replaceAll('@', `tenant = 'org_acme'`));

    const found = await auditRollups(analytics.clickhouse, { ...quick, maxListed: 5_000 });
    expect(tablesOf(found)).toEqual(Object.keys(expected));
    for (const { table, differs } of found.listed) expect(differs).toContain(expected[table]);
    expect(new Set(found.listed.map(({ tenant }) => tenant))).toEqual(new Set(['org_acme']));
    expect(found.listed).toHaveLength(found.wrongCells);
    for (const difference of found.listed) expect(renderDifference(difference)).toContain(difference.table);

    const repaired = await auditAndRepair(analytics.clickhouse, { ...quick, repair: true });
    expect(repaired).toMatchObject({ wrongCells: 0, found: { wrongCells: found.wrongCells } });
    expect(repaired.rebuiltBuckets).toBeGreaterThan(0);
    expect(await auditRollups(analytics.clickhouse)).toMatchObject({ wrongCells: 0, unsettledCells: 0 });
    expect(await rollupsOf('org_globex')).toEqual(other);
  });

  it('keeps to the tenant and the days asked for', async () => {
    await run('TRUNCATE measurements_1d');
    const cells = (report: AuditReport) => report.wrongCells;
    const all = cells(await auditRollups(analytics.clickhouse, quick));
    expect(cells(await auditRollups(analytics.clickhouse, { ...quick, tenant: 'org_acme' }))).toBe(all / 2);
    const [from, to] = [testAt / 1000 + 86_400, testAt / 1000 + 86_401];
    const oneDay = await auditRollups(analytics.clickhouse, { ...quick, from, to });
    expect(cells(oneDay)).toBe(all / 3);
    expect(new Set(oneDay.listed.map(({ at }) => at))).toEqual(new Set([Date.UTC(2026, 2, 20) / 1000]));
  });

  it('describes only as many differences as wanted and counts all', async () => {
    await run('TRUNCATE measurements_by_dimensions_1h');
    const { listed, wrongCells } = await auditRollups(analytics.clickhouse, { ...quick, maxListed: 3 });
    expect(listed).toHaveLength(3);
    expect(wrongCells).toBeGreaterThan(100);
    expect(await auditAndRepair(analytics.clickhouse, { ...quick, repair: true })).toMatchObject({ wrongCells: 0 });
  });
});

describe('audit', () => {
  beforeEach(empty);

  it('finds nothing in an empty store', async () => {
    expect(await auditRollups(analytics.clickhouse)).toMatchObject({ tenants: 0, rows: 0, wrongCells: 0 });
  });

  it('judges no cell past its retention', async () => {
    const events = [createEvent('a', { at: Date.now() - 3 * day })];
    await run('SYSTEM STOP TTL MERGES');
    await storeBatches(analytics.clickhouse, [createBatch([], { events, retentionDays: 1 })]);
    await run('TRUNCATE measurements_1h');
    expect(await auditRollups(analytics.clickhouse)).toMatchObject({ wrongCells: 0 });
  });

  it('takes no cell for wrong while events are stored', async () => {
    let isStoring = true;
    const at = Date.now();
    const storing = (async () => {
      for (let number = 0; isStoring; number++) {
        await storeBatches(analytics.clickhouse, [createLoadBatch(number, { count: 200, tenant: 'org_acme', at })]);
      }
    })();
    for (let round = 0; round < 4; round++) {
      expect(await auditRollups(analytics.clickhouse, quick)).toMatchObject({ wrong: {}, wrongCells: 0 });
    }
    isStoring = false;
    await storing;
    expect(await auditRollups(analytics.clickhouse)).toMatchObject({ wrongCells: 0, unsettledCells: 0 });
  });

  it('mends while events are stored', async () => {
    await storeSound();
    await run(`DELETE FROM measurements_1m WHERE subject = 'CAP1'`);
    let isStoring = true;
    const storing = (async () => {
      for (let number = 0; isStoring; number++) {
        await storeBatches(analytics.clickhouse, [
          createLoadBatch(number, { count: 200, tenant: 'org_acme', at: testAt }),
        ]);
      }
    })();
    await auditAndRepair(analytics.clickhouse, { ...quick, repair: true });
    isStoring = false;
    await storing;
    await auditAndRepair(analytics.clickhouse, { ...quick, repair: true });
    expect(await auditRollups(analytics.clickhouse)).toMatchObject({ wrongCells: 0, unsettledCells: 0 });
  });
});
