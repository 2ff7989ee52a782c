import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { genesisHash } from '../../../platform/audit/audit-chain.ts';
import { conflict } from '../../../platform/errors.ts';
import type { Call } from '../../../query-api/control/call.ts';
import { type ChangeToMake, withChange } from '../../../query-api/control/changes.ts';
import { insertTenant } from '../../support/control-data.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';

const at = Date.UTC(2026, 2, 18, 12);
const now = () => at;
let plane: ControlPlane;
let requests = 0;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());
beforeEach(async () => void (await plane.sql`DELETE FROM tenants`));

const newCall = (): Call => ({
  principal: { credentialId: 'key_operator1', permissions: new Set(['platform']), tenants: 'all' },
  requestId: `req_${++requests}`,
  isRecorded: false,
});

const rename = (call: Call, tenant: string, name: string): ChangeToMake<string> => ({
  call,
  subject: { action: 'organization.update', objectType: 'organization', objectId: tenant, tenant },
  async run(sql, report) {
    const [before] = await sql<{ name: string }[]>`SELECT name FROM tenants WHERE id = ${tenant} FOR UPDATE`;
    await sql`UPDATE tenants SET name = ${name} WHERE id = ${tenant}`;
    report({ objectId: tenant, tenant, before, after: { name } });
    return name;
  },
});

const rowsOf = (tenant: string) =>
  plane.sql<{ seq: string; requestId: string; previous: Buffer; hash: Buffer; result: string }[]>`
    SELECT seq, request_id AS "requestId", previous_hash AS previous, hash, result FROM audit_log
    WHERE chain = ${tenant} ORDER BY seq`;

describe('a change', () => {
  it('and its row are committed together', async () => {
    const tenant = await insertTenant(plane.sql, 'TOGETHER');
    const call = newCall();
    expect(await withChange({ sql: plane.sql, now }, rename(call, tenant, 'New'))).toBe('New');
    expect(call).toMatchObject({ isRecorded: true, subject: { objectId: tenant } });
    const [row, ...others] = await rowsOf(tenant);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ seq: '1', requestId: call.requestId, result: 'ok', previous: genesisHash });
  });

  it('that fails, or whose row cannot be written, leaves neither', async () => {
    const tenant = await insertTenant(plane.sql, 'NEITHER');
    const failing = rename(newCall(), tenant, 'New');
    const { run } = failing;
    failing.run = async (sql, report) => {
      await run(sql, report);
      throw conflict('no');
    };
    await expect(withChange({ sql: plane.sql, now }, failing)).rejects.toThrow('no');
    const unwritable = rename({ ...newCall(), requestId: 'a\0b' }, tenant, 'New');
    await expect(withChange({ sql: plane.sql, now }, unwritable)).rejects.toThrow();
    const silent: ChangeToMake<void> = { ...rename(newCall(), tenant, 'New'), run: async () => {} };
    await expect(withChange({ sql: plane.sql, now }, silent)).rejects.toThrow('reported 0 effects');
    expect(await plane.sql`SELECT name FROM tenants WHERE id = ${tenant}`).toEqual([{ name: 'NEITHER Inc.' }]);
    expect(await rowsOf(tenant)).toEqual([]);
  });

  it('of many writers at once neither forks its chain nor loses a row', async () => {
    const tenants = await Promise.all(['ONE', 'TWO'].map((code) => insertTenant(plane.sql, code)));
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        withChange({ sql: plane.sql, now }, rename(newCall(), tenants[index % 2] ?? '', `name ${index}`)),
      ),
    );
    for (const tenant of tenants) {
      const rows = await rowsOf(tenant);
      expect(rows.map(({ seq }) => Number(seq))).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
      for (const [index, row] of rows.entries()) expect(row.previous).toEqual(rows[index - 1]?.hash ?? genesisHash);
    }
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe('the audit log', () => {
  it('refuses to be changed, cut and emptied, even by its owner', async () => {
    const tenant = await insertTenant(plane.sql, 'FOREVER');
    await withChange({ sql: plane.sql, now }, rename(newCall(), tenant, 'New'));
    const statements = ["UPDATE audit_log SET action = 'x'", 'DELETE FROM audit_log', 'TRUNCATE audit_log'];
    for (const statement of statements) await expect(plane.sql.unsafe(statement)).rejects.toThrow('permission denied');
    await plane.sql`GRANT UPDATE, DELETE, TRUNCATE ON audit_log TO CURRENT_USER`;
    for (const statement of statements) await expect(plane.sql.unsafe(statement)).rejects.toThrow('append-only');
    expect(await rowsOf(tenant)).toHaveLength(1);
  });
});
