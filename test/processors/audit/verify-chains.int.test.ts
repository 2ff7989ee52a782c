import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { renderChains, verifyChains } from '../../../processors/audit/verify-chains.ts';
import { appendAuditRow } from '../../../query-api/audit/append-audit-row.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

const at = Date.UTC(2026, 2, 18, 12);
let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  // The owner of the table, bent on changing it.
  await plane.sql`GRANT UPDATE, DELETE, TRUNCATE ON audit_log TO CURRENT_USER`;
  await plane.sql`ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only`;
});
afterAll(() => plane.close());

beforeEach(async () => {
  await plane.sql`TRUNCATE audit_log, audit_heads`;
  for (const tenant of ['org_acme0000', null]) for (let row = 1; row <= 5; row++) await append(tenant, row);
});

function append(tenant: string | null, row: number) {
  const call = {
    principal: { credentialId: 'key_operator1', permissions: new Set([]), tenants: 'all' as const },
    requestId: `req_${row}`,
  };
  const outcome = {
    action: 'key.create',
    objectType: 'key',
    objectId: `key_${row}`,
    tenant,
    after: { row },
    result: 'ok',
    code: null,
  } as const;
  return plane.sql.begin((sql) => appendAuditRow(sql, { call, at: at + row, outcome }));
}

it('finds nothing wrong with what was written, and tells the heads', async () => {
  const report = await verifyChains(plane.sql);
  expect(report).toMatchObject({
    rows: 10,
    broken: [],
    heads: [
      { chain: 'org_acme0000', seq: 5 },
      { chain: 'platform', seq: 5 },
    ],
  });
  expect(renderChains(report).at(-1)).toBe('2 chains, 10 rows: no row is broken');
});

it.each([
  ["UPDATE audit_log SET action = 'key.revoke' WHERE chain = 'platform' AND seq = 3", 3, 'altered'],
  ["UPDATE audit_log SET credential_id = 'key_innocent' WHERE chain = 'platform' AND seq IN (2, 4)", 2, 'altered'],
  ["UPDATE audit_log SET at = at + interval '1 hour' WHERE chain = 'platform' AND seq = 5", 5, 'altered'],
  ["UPDATE audit_log SET after_hash = previous_hash WHERE chain = 'platform' AND seq = 2", 2, 'altered'],
  ["UPDATE audit_log SET hash = sha256('x') WHERE chain = 'platform' AND seq = 1", 1, 'altered'],
  ["DELETE FROM audit_log WHERE chain = 'platform' AND seq = 1", 1, 'missing'],
  ["DELETE FROM audit_log WHERE chain = 'platform' AND seq = 3", 3, 'missing'],
  ["DELETE FROM audit_log WHERE chain = 'platform' AND seq >= 4", 4, 'missing'],
  ["DELETE FROM audit_log WHERE chain = 'platform'", 1, 'missing'],
  ["DELETE FROM audit_heads WHERE chain = 'platform'", 5, 'unlinked'],
])('sees what was done to it: %s', async (statement, seq, reason) => {
  await plane.sql.unsafe(statement);
  const report = await verifyChains(plane.sql);
  expect(report.broken).toEqual([{ chain: 'platform', seq, reason }]);
  expect(renderChains(report)).toContain(`platform  row ${seq} is ${reason}`);
});

it('sees a row that was taken out and the gap closed', async () => {
  await plane.sql`DELETE FROM audit_log WHERE chain = 'platform' AND seq = 3`;
  await plane.sql`UPDATE audit_log SET seq = seq - 1 WHERE chain = 'platform' AND seq > 3`;
  expect((await verifyChains(plane.sql)).broken).toEqual([{ chain: 'platform', seq: 3, reason: 'altered' }]);
});
