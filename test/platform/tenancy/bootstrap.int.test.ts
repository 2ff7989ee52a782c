import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closePostgres, createPostgres, type Sql } from '../../../platform/postgres.ts';
import { bootstrapAdminKey } from '../../../platform/tenancy/bootstrap.ts';
import { createDirectory } from '../../../platform/tenancy/directory.ts';
import { createKey } from '../../../platform/tenancy/keys.ts';
import { parsePepper } from '../../../platform/tenancy/pepper.ts';
import type { Directory } from '../../../platform/tenancy/tenancy.ts';
import { type ControlPlane, silentLog, startControlPlane, testPepper } from '../../support/control-plane.ts';

const chosen = 'mk_live_chosen-by-the-operator';
let plane: ControlPlane;
let pool: Sql;
let directory: Directory;
const bootstrap = (adminKey?: string) => bootstrapAdminKey({ databaseUrl: plane.url, pepper: testPepper, adminKey });
const principalOf = async (key: string | undefined) => {
  await directory.caughtUp();
  return key === undefined ? undefined : directory.authenticate(key);
};

beforeAll(async () => {
  plane = await startControlPlane();
  pool = createPostgres(plane.url);
  directory = await createDirectory({ sql: pool, pepper: testPepper, log: silentLog, now: Date.now });
});

afterAll(async () => {
  await directory.close();
  await closePostgres(pool);
  await plane.close();
});

afterEach(() => plane.sql`DELETE FROM api_keys`);

describe('without a chosen key', () => {
  it('makes one key for everything over all tenants, once, however many ask', async () => {
    const answers = await Promise.all([bootstrap(), bootstrap(), bootstrap()]);
    const made = answers.filter((answer) => answer !== undefined);
    expect(made).toHaveLength(1);
    expect(await principalOf(made[0])).toMatchObject({
      permissions: new Set(['ingest', 'query', 'status', 'incidents', 'maintenance', 'admin', 'platform']),
      tenants: 'all',
    });
    expect(await bootstrap()).toBeUndefined();
  });

  it('makes no new one when the first was revoked', async () => {
    const key = await bootstrap();
    await plane.sql`UPDATE api_keys SET revoked_at = now()`;
    expect(await bootstrap()).toBeUndefined();
    expect(await principalOf(key)).toBeUndefined();
  });
});

describe('with a key chosen by the operator', () => {
  it('accepts it, at the first start and later ones', async () => {
    expect(await bootstrap(chosen)).toBe(chosen);
    expect(await bootstrap(chosen)).toBeUndefined();
    expect(await principalOf(chosen)).toMatchObject({ tenants: 'all' });
    expect(await bootstrap()).toBeUndefined();
  });

  it('accepts one in the form of an issued key', async () => {
    const { text } = createKey('mk_live');
    expect(await bootstrap(text)).toBe(text);
    expect(await principalOf(text)).toMatchObject({ tenants: 'all' });
  });

  it('revokes the earlier choice when another is chosen, not the generated key', async () => {
    const generated = await bootstrap();
    await bootstrap(chosen);
    await bootstrap(`${chosen}-2`);
    expect(await principalOf(chosen)).toBeUndefined();
    expect(await principalOf(`${chosen}-2`)).toBeDefined();
    expect(await principalOf(generated)).toBeDefined();
  });

  it('does not bring back one that was revoked', async () => {
    await bootstrap(chosen);
    await plane.sql`UPDATE api_keys SET revoked_at = now()`;
    expect(await bootstrap(chosen)).toBeUndefined();
    expect(await principalOf(chosen)).toBeUndefined();
  });

  it('stores nothing of the key but its hash', async () => {
    await bootstrap(chosen);
    const rows = await plane.sql`SELECT api_keys::text AS row FROM api_keys`;
    expect(JSON.stringify(rows)).not.toContain('chosen');
  });

  it.each([
    ['mistyped', `${createKey('mk_live').text.slice(0, -1)}_`.replace(/_$/, '!')],
    ['too short', 'mk_live_short'],
    ['of another family', 'ops_0123456789abcdef'],
    ['with a wrong checksum', createKey('mk_live').text.replace(/.{6}$/, '000000')],
  ])('refuses one that is %s without showing it', async (_, key) => {
    const refusal = await bootstrap(key).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'ConfigError', message: expect.stringContaining('TIDEMARK_ADMIN_KEY') });
    expect(String(refusal)).not.toContain(key);
  });

  it('is known under a new pepper after the next start', async () => {
    await bootstrap(chosen);
    const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
    const pepper = parsePepper(`v2:${secret(9)},v1:${secret(7)}`);
    await bootstrapAdminKey({ databaseUrl: plane.url, pepper, adminKey: chosen });
    const renewed = await createDirectory({ sql: pool, pepper, log: silentLog, now: Date.now });
    expect(await renewed.authenticate(chosen)).toBeDefined();
    await renewed.close();
  });
});
