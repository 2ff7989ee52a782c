import { afterAll, beforeAll, expect, it } from 'vitest';
import { PLANS } from '../../../platform/limits/plans.ts';
import { createKey, hashKey } from '../../../platform/tenancy/keys.ts';
import { checkKeyQuota } from '../../../query-api/control/check-key-quota.ts';
import { insertTenant } from '../../support/control-data.ts';
import { type ControlPlane, startControlPlane, testPepper } from '../../support/control-plane.ts';

const limit = PLANS.free?.keys ?? 0;
let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());

const issue = (tenant: string) =>
  plane.sql.begin(async (sql) => {
    await checkKeyQuota(sql, [tenant], Date.now());
    const { id, text } = createKey('mk_live');
    const { hmac, pepperVersion } = hashKey(text, testPepper);
    await sql`
      INSERT INTO api_keys (id, name, family, origin, permissions, all_tenants, secret_hmac, pepper_version, prefix, created_at)
      VALUES (${id}, 'Test', 'mk_live', 'issued', ${['query']}, false, ${hmac}, ${pepperVersion}, 'mk', now())`;
    await sql`INSERT INTO api_key_tenants (key_id, tenant_id) VALUES (${id}, ${tenant})`;
    return id;
  });

it('allows as many keys as the plan says, however many are asked for at once, and again when one is revoked', async () => {
  const tenant = await insertTenant(plane.sql, 'FREEPLAN');
  await plane.sql`UPDATE tenants SET plan = 'free' WHERE id = ${tenant}`;
  const answers = await Promise.allSettled(Array.from({ length: limit + 5 }, () => issue(tenant)));
  const made = answers.filter(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<string>[];
  expect(made).toHaveLength(limit);
  await expect(issue(tenant)).rejects.toMatchObject({
    statusCode: 403,
    code: 'key_limit_exceeded',
    message: "The plan 'free' of the organization is limited to 10 API keys.",
  });
  await plane.sql`UPDATE api_keys SET revoked_at = now() WHERE id = ${made[0]?.value ?? ''}`;
  await plane.sql`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = ${made[1]?.value ?? ''}`;
  await Promise.all([issue(tenant), issue(tenant)]);
  await expect(issue(tenant)).rejects.toMatchObject({ code: 'key_limit_exceeded' });
});

it('does not limit a tenant without a plan', async () => {
  const tenant = await insertTenant(plane.sql, 'PLANLESS');
  for (let key = 0; key <= limit; key++) await issue(tenant);
});
