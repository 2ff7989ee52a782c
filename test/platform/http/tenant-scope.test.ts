import { describe, expect, it } from 'vitest';
import { notFound } from '../../../platform/errors.ts';
import { resolveTenant, resolveTenants } from '../../../platform/http/tenant-scope.ts';
import { acme, globex } from '../../support/http-server.ts';
import { createInMemoryDirectory, createTenant } from '../../support/in-memory-directory.ts';

const idle = createTenant({ code: 'IDLE', id: 'org_idle', number: 19, status: 'suspended' });
const directory = createInMemoryDirectory({ tenants: [acme, globex, idle] });
const principalOf = (...tenants: string[]) => ({
  credentialId: 'key_1',
  permissions: new Set(['query'] as const),
  tenants,
});
const ofAcme = { directory, principal: principalOf(acme.id), purpose: 'read' } as const;

describe('resolveTenant', () => {
  it.each(['org_acme', '17', 'ACME', 'acme-corp'])('finds the tenant by any of its ids: %s', async (reference) => {
    expect(await resolveTenant({ ...ofAcme, reference })).toBe(acme);
  });

  it('takes the only tenant of the credential when none is named', async () => {
    expect(await resolveTenant(ofAcme)).toBe(acme);
  });

  it('asks for the tenant when the credential spans several', async () => {
    const asked = resolveTenant({ ...ofAcme, principal: principalOf(acme.id, globex.id) });
    await expect(asked).rejects.toMatchObject({ statusCode: 400, details: [{ field: 'orgCode' }] });
  });

  it('answers a read of a foreign tenant exactly as that of a missing one', async () => {
    for (const reference of [globex.code, globex.id, 'NONE', '']) {
      await expect(resolveTenant({ ...ofAcme, reference })).rejects.toEqual(notFound());
    }
  });

  it('refuses a write to a foreign tenant exactly as one to a missing one', async () => {
    const write = { ...ofAcme, purpose: 'write' } as const;
    const foreign = await resolveTenant({ ...write, reference: globex.code }).catch((error: unknown) => error);
    expect(foreign).toMatchObject({ statusCode: 403, code: 'forbidden' });
    await expect(resolveTenant({ ...write, reference: 'NONE' })).rejects.toEqual(foreign);
  });

  it('refuses a suspended tenant, but does not tell strangers that it is', async () => {
    const own = resolveTenant({ ...ofAcme, principal: principalOf(idle.id), reference: 'IDLE' });
    await expect(own).rejects.toMatchObject({ statusCode: 403 });
    await expect(resolveTenant({ ...ofAcme, reference: 'IDLE' })).rejects.toEqual(notFound());
  });

  it('finds any tenant for a credential of all tenants', async () => {
    const platform = { ...ofAcme, principal: { ...ofAcme.principal, tenants: 'all' as const } };
    expect(await resolveTenant({ ...platform, reference: 'GLOBEX' })).toBe(globex);
  });
});

describe('resolveTenants', () => {
  it('is every active tenant of the credential, or the one that is named', async () => {
    const both = { ...ofAcme, principal: principalOf(idle.id, globex.id, acme.id) };
    expect(await resolveTenants(both)).toEqual([acme, globex]);
    expect(await resolveTenants({ ...both, reference: 'GLOBEX' })).toEqual([globex]);
    await expect(resolveTenants({ ...ofAcme, reference: 'GLOBEX' })).rejects.toEqual(notFound());
  });
});
