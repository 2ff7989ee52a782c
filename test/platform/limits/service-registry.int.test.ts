import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyless, KEYLESS_BELIEVED_MS } from '../../../platform/http/keyless.ts';
import { PLANS } from '../../../platform/limits/plans.ts';
import { createServiceRegistry } from '../../../platform/limits/service-registry.ts';
import { createDefaultOrganization } from '../../../platform/tenancy/default-organization.ts';
import { createDirectory } from '../../../platform/tenancy/directory.ts';
import type { Directory, Tenant } from '../../../platform/tenancy/tenancy.ts';
import { type ControlPlane, silentLog, startControlPlane, testPepper } from '../../support/control-plane.ts';
import { createTenant } from '../../support/in-memory-directory.ts';

let plane: ControlPlane;
let directory: Directory;
let limited: Tenant;
beforeAll(async () => {
  plane = await startControlPlane();
  directory = await createDirectory({ sql: plane.sql, pepper: testPepper, log: silentLog, now: Date.now });
});
afterAll(async () => {
  await directory.close();
  await plane.close();
});

const request = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  ({ headers, socket: { remoteAddress } }) as never;
const names = async (tenant: Tenant) => {
  const rows = await plane.sql`SELECT name FROM services WHERE tenant_id = ${tenant.id} ORDER BY name`;
  return rows.map(({ name }) => name);
};

async function addTenant(slug: string): Promise<Tenant> {
  const tenant = { ...limited, id: `org_${slug}0000` };
  await plane.sql`INSERT INTO tenants (id, code, slug, name, plan, data_retention_days, shard, created_at)
    VALUES (${tenant.id}, ${slug.toUpperCase()}, ${slug}, ${slug}, ${tenant.plan}, 365, 0, now())`;
  return tenant;
}

it('the default organization is created when it is first needed, once, on the plan with 5 services', async () => {
  expect(await directory.tenant('DEFAULT')).toBeUndefined();
  const ask = createDefaultOrganization({ sql: plane.sql, directory });
  const asked = await Promise.all([ask(), ask(), ask()]);
  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  limited = asked[0] as Tenant;
  expect([limited.code, PLANS[limited.plan ?? '']?.services]).toEqual(['DEFAULT', 5]);
  expect(await ask()).toEqual(limited);
});

describe('services', () => {
  it('are entered when they are first seen, up to the limit of the plan; what would be beyond enters none', async () => {
    const registry = createServiceRegistry({ sql: plane.sql, now: Date.now });
    await registry.admit(limited, new Set(['a', 'b', 'c', 'd']));
    const refusal = { statusCode: 403, code: 'service_limit_exceeded' };
    await expect(registry.admit(limited, new Set(['e', 'f']))).rejects.toMatchObject(refusal);
    expect(await names(limited)).toEqual(['a', 'b', 'c', 'd']);
    await registry.admit(limited, new Set(['a', 'e']));
    await expect(registry.admit(limited, new Set(['f']))).rejects.toMatchObject(refusal);
    await registry.admit(limited, new Set(['a', 'b', 'c', 'd', 'e']));
  });

  it('are counted across processes, also when both want the last place', async () => {
    const other = await addTenant('other');
    const registries = Array.from({ length: 4 }, () => createServiceRegistry({ sql: plane.sql, now: Date.now }));
    const results = await Promise.allSettled(
      registries.flatMap((registry, index) =>
        [0, 1].map((part) => registry.admit(other, new Set([`s${index}-${part}`]))),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await names(other)).toHaveLength(5);
  });
});

describe('without a key', () => {
  const keylessAt = (host: string, now: () => number = Date.now) =>
    createKeyless({ sql: plane.sql, log: silentLog, host, defaultOrganization: async () => limited, now });

  it('whoever is on this machine may write to the default organization, and nothing else', async () => {
    const principal = await keylessAt('127.0.0.1').principalOf(request());
    expect(principal).toMatchObject({ tenants: [limited.id], permissions: new Set(['ingest']) });
  });

  it.each([
    ['on a public address', '0.0.0.0', request()],
    ['from another machine', '127.0.0.1', request({}, '10.0.0.9')],
    ['forwarded for another machine', '127.0.0.1', request({ 'x-forwarded-for': '127.0.0.1, 10.0.0.9' })],
  ])('nobody may %s', async (...[, host, asked]) => {
    expect(await keylessAt(host).principalOf(asked)).toBeUndefined();
  });

  it('nobody may as soon as a key that may ingest is issued', async () => {
    const clock = { now: 0 };
    const keyless = keylessAt('localhost', () => clock.now);
    const insert = (id: string, permission: string) => plane.sql`
      INSERT INTO api_keys (id, name, family, origin, permissions, all_tenants, secret_hmac, pepper_version, prefix, created_at)
      VALUES (${id}, 'k', 'mk_live', 'issued', ${[permission]}, true, ${Buffer.alloc(32)}, 1, 'mk', now())`;
    await insert('key_onlyQuery1', 'query');
    expect(await keyless.isOpen()).toBe(true);
    await insert('key_mayIngest1', 'ingest');
    clock.now += KEYLESS_BELIEVED_MS + 1;
    expect(await keyless.isOpen()).toBe(false);
    expect(await keyless.principalOf(request())).toBeUndefined();
    await plane.sql`UPDATE api_keys SET revoked_at = now() WHERE id = 'key_mayIngest1'`;
    clock.now += KEYLESS_BELIEVED_MS + 1;
    expect(await keyless.isOpen()).toBe(true);
  });
});

describe('while PostgreSQL is away', () => {
  it('new services pass where no plan limits them, and are answered with 503 where one does', async () => {
    const registry = createServiceRegistry({ sql: plane.sql, now: Date.now });
    const tenant = await addTenant('third');
    await registry.admit(tenant, new Set(['a']));
    await plane.stop();
    await registry.admit(tenant, new Set(['a']));
    await expect(registry.admit(tenant, new Set(['new']))).rejects.toMatchObject({ statusCode: 503 });
    await registry.admit(createTenant({ code: 'FREE' }), new Set(['new']));
    await plane.startAgain();
  });
});
