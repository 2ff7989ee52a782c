import { describe, expect, it } from 'vitest';
import { createJwtSessions, verifiedLifeMs } from '../../../../platform/tenancy/jwt/jwt-sessions.ts';
import { type JwtSettings, jwtSettings } from '../../../../platform/tenancy/jwt/jwt-settings.ts';
import { clockToleranceMs } from '../../../../platform/tenancy/jwt/verify-signature.ts';
import { silentLog, testPepper } from '../../../support/control-plane.ts';
import { createTenant } from '../../../support/in-memory-directory.ts';
import { claimsAt, secretSettings, sign } from '../../../support/jwts.ts';

const start = Date.UTC(2026, 3, 10, 12);
const acme = createTenant({ code: 'ACME', slug: 'acme-corp' });

function setUp({ settings }: { settings: JwtSettings | undefined } = { settings: secretSettings }) {
  const world = { now: start, tenant: acme as typeof acme | undefined };
  const authenticate = createJwtSessions({
    settings,
    pepper: testPepper,
    log: silentLog,
    now: () => world.now,
    tenant: async () => world.tenant,
    keyPrincipal: async () => undefined,
  });
  return { world, authenticate };
}

describe('a JWT of the identity provider', () => {
  it.each([
    ['viewer', ['query', 'status']],
    ['operator', ['query', 'status', 'ingest', 'incidents', 'maintenance']],
    ['admin', ['ingest', 'query', 'status', 'incidents', 'maintenance', 'admin']],
    ['super-admin', ['platform']],
  ])('gives the role %s its permissions in its tenant', async (role, permissions) => {
    const { authenticate } = setUp();
    expect(await authenticate(await sign({ ...claimsAt(start), role }))).toEqual({
      credentialId: 'user:alice@acme.com',
      subject: 'alice@acme.com',
      session: 'external',
      permissions: new Set(permissions),
      tenants: [acme.id],
      isSuspended: false,
    });
  });

  it('may name its tenant as tenant_id, and several audiences if one is ours', async () => {
    const { authenticate } = setUp();
    const { tenant, ...claims } = claimsAt(start);
    const token = await sign({ ...claims, tenant_id: tenant, aud: ['other', 'tidemark'] });
    expect(await authenticate(token)).toMatchObject({ tenants: [acme.id] });
  });

  it('of a super-admin needs no tenant that exists', async () => {
    const { world, authenticate } = setUp();
    world.tenant = undefined;
    expect(await authenticate(await sign({ ...claimsAt(start), role: 'super-admin' }))).toMatchObject({ tenants: [] });
    expect(await authenticate(await sign(claimsAt(start)))).toBeUndefined();
  });

  it('is valid to five seconds behind its expiry and from five seconds before its beginning, remembered or not', async () => {
    const { world, authenticate } = setUp();
    const token = await sign({ ...claimsAt(start), exp: start / 1_000 + 10 });
    expect(await authenticate(token)).toBeDefined();
    world.now = start + 10_000 + clockToleranceMs - 1;
    expect(await authenticate(token)).toBeDefined();
    world.now++;
    expect(await authenticate(token)).toBeUndefined();
    const early = await sign({ ...claimsAt(start), nbf: start / 1_000 });
    world.now = start - clockToleranceMs;
    expect(await authenticate(early)).toBeDefined();
    world.now = start - clockToleranceMs - 1_000;
    expect(await setUp().authenticate(await sign({ ...claimsAt(start), nbf: start / 1_000 + 6 }))).toBeUndefined();
  });

  it('follows its tenant at once although its signature is remembered', async () => {
    const { world, authenticate } = setUp();
    const token = await sign(claimsAt(start));
    expect(await authenticate(token)).toMatchObject({ isSuspended: false });
    world.tenant = { ...acme, status: 'suspended' };
    expect(await authenticate(token)).toMatchObject({ isSuspended: true });
    world.tenant = undefined;
    expect(await authenticate(token)).toBeUndefined();
  });

  it('has its signature checked again after half a minute', async () => {
    const { world, authenticate } = setUp();
    const token = await sign({ ...claimsAt(start), nbf: start / 1_000 });
    expect(await authenticate(token)).toBeDefined();
    world.now = start + verifiedLifeMs + 1;
    expect(await authenticate(token)).toBeDefined();
    world.now = start - 60_000;
    expect(await authenticate(token)).toBeUndefined();
  });

  it('is worth nothing where no provider is configured', async () => {
    expect(await setUp({ settings: jwtSettings({}) }).authenticate(await sign(claimsAt(start)))).toBeUndefined();
  });
});

describe('the settings', () => {
  it('name tidemark as issuer and audience where a secret stands alone', () => {
    expect(jwtSettings({ jwtSecret: 's' })).toEqual({
      issuer: 'tidemark',
      audience: 'tidemark',
      source: { secret: 's' },
    });
    const jwksUrl = 'https://id.example/jwks';
    expect(jwtSettings({ jwksUrl, jwtIssuer: 'i', jwtAudience: 'a' })).toEqual({
      issuer: 'i',
      audience: 'a',
      source: { jwksUrl },
    });
  });
});
