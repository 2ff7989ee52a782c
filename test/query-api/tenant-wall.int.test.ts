import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readerRowFilter, readerTables } from '../../platform/embedded/clickhouse-config.ts';
import { read } from '../../query-api/store.ts';
import { MAX_WALLED_TENANTS, tenantWall } from '../../query-api/tenant-wall.ts';
import { acme, globex, type QueryStack, startQueryStack, type TestEvent, testNow } from '../support/query-stack.ts';

let stack: QueryStack;
const event: TestEvent = { tenant: acme, capability: 'P2P', metric: 'CycleTime', at: testNow, value: 1 };

const rowsOfBoth = [acme, globex].map(({ id }) => `('${id}', 4000000000)`).join(', ');

beforeAll(async () => {
  stack = await startQueryStack();
  await stack.insert([event, { ...event, tenant: globex }]);
  // What no view feeds from the events.
  for (const table of readerTables) {
    const [row] = await stack.writer.select<{ count: number }>(`SELECT count() AS count FROM ${table}`);
    if (row?.count === 0) await stack.writer.command(`INSERT INTO ${table} (tenant, expires_at) VALUES ${rowsOfBoth}`);
  }
});
afterAll(() => stack.close());

const tenantsIn = async (table: string, settings = {}): Promise<string[]> => {
  const rows = await stack.reader.select<{ tenant: string }>(
    `SELECT DISTINCT tenant FROM ${table} ORDER BY tenant`,
    {},
    { settings },
  );
  return rows.map(({ tenant }) => tenant);
};

describe('the engine', () => {
  it.each(readerTables)('shows rows of %s only of the tenants it is told, whatever the query forgot', async (table) => {
    expect(await tenantsIn(table)).toEqual([]);
    expect(await tenantsIn(table, { log_comment: acme.id })).toEqual([acme.id]);
    expect(await tenantsIn(table, { log_comment: `${acme.id},${globex.id}` })).toEqual([acme.id, globex.id]);
    expect(await tenantsIn(table, { log_comment: `${acme.id}'` })).toEqual([]);
    expect(await tenantsIn(table, { log_comment: '*' })).toEqual([acme.id, globex.id]);
  });

  it('lets the reader read no table it knows no condition for', async () => {
    const tables = await stack.writer.select<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = 'tidemark' AND NOT is_temporary ORDER BY name",
    );
    const others = tables.map(({ name }) => name).filter((name) => !readerTables.includes(name));
    expect(others.length).toBeGreaterThan(0);
    for (const name of others) {
      await expect(stack.reader.select(`SELECT * FROM \`${name}\` LIMIT 1`), name).rejects.toThrow(/privileges/);
    }
  });
});

describe('a server of one’s own', () => {
  it('has the same grants and conditions for the reader', () => {
    const users = readFileSync(join(import.meta.dirname, '../../deploy/clickhouse/users.xml'), 'utf8');
    const reader = users.slice(users.indexOf('<tidemark_reader>'));
    const granted = [...reader.matchAll(/GRANT SELECT ON tidemark\.(\S+)</g)].map((match) => match[1]);
    const filtered = [...reader.matchAll(/<(\w+)><filter>(.*)<\/filter>/g)].map((match) => [match[1], match[2]]);
    expect(granted).toEqual(readerTables);
    expect(filtered).toEqual(readerTables.map((table) => [table, readerRowFilter]));
  });
});

describe('a read query', () => {
  const query = 'SELECT DISTINCT tenant FROM events WHERE tenant IN {tenants:Array(String)}';

  it('sees the rows of the tenants it is asked for', async () => {
    expect(await read(stack.reader, { query, params: { tenants: [globex.id] } })).toEqual([{ tenant: globex.id }]);
  });

  it.each([
    ['has no predicate on the tenant', 'SELECT count() FROM events', { tenants: [acme.id] }],
    ['has one that is no parameter', "SELECT count() FROM events WHERE tenant = 'org_acme'", { tenants: [acme.id] }],
    ['is asked for no tenant', query, {}],
    ['is asked for what is no id', query, { tenants: [`${acme.id},${globex.id}`] }],
    ['is asked for all tenants at once', query, { tenants: ['*'] }],
  ])('never reaches the engine when it %s', (_why, text, params) => {
    expect(() => tenantWall(text, params)).toThrow('must be bounded to tenants');
  });

  it('names its tenants to the engine up to a thousand', () => {
    const tenants = Array.from({ length: MAX_WALLED_TENANTS }, (_, index) => `org_${index}`);
    expect(tenantWall(query, { tenants }).log_comment).toBe(tenants.join(','));
    expect(tenantWall(query, { tenants: [...tenants, 'org_x'] }).log_comment).toBe('*');
    expect(tenantWall('… tenant = {tenant:String}', { tenant: acme.id }).log_comment).toBe(acme.id);
  });
});
