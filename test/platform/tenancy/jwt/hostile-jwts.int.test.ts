import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildIngest, buildWebhook } from '../../../../ingest/app.ts';
import { routesOf } from '../../../../platform/http/routes.ts';
import type { HttpServer } from '../../../../platform/http/server.ts';
import { createMemoryLog } from '../../../../platform/log-store/memory.ts';
import { createMetrics } from '../../../../platform/metrics.ts';
import { createDirectory } from '../../../../platform/tenancy/directory.ts';
import type { JwtSettings } from '../../../../platform/tenancy/jwt/jwt-settings.ts';
import type { Directory } from '../../../../platform/tenancy/tenancy.ts';
import { buildQueryApi } from '../../../../query-api/app.ts';
import { insertKey, insertTenant } from '../../../support/control-data.ts';
import { silentLog, testPepper } from '../../../support/control-plane.ts';
import {
  type HostileTokens,
  type HostileWorld,
  hostileAsIssued,
  hostileToKeySet,
  hostileToSecret,
} from '../../../support/hostile-jwts.ts';
import { audience, claimsAt, createProvider, issuer, secretSettings, sign } from '../../../support/jwts.ts';
import { startQueryApi, type TestQueryApi } from '../../../support/query-api-app.ts';
import { questionRoutes } from '../../../support/question-routes.ts';

const now = Date.UTC(2026, 3, 10, 12);
const provider = createProvider();
let stack: TestQueryApi;
let keyServer: Server;
let world: HostileWorld;

beforeAll(async () => {
  stack = await startQueryApi(() => now, secretSettings);
  keyServer = createServer((_request, response) => response.end(provider.keySet)).listen(0, '127.0.0.1');
  const [tenant, foreignTenant] = [await insertTenant(stack.sql, 'ACME'), await insertTenant(stack.sql, 'GLOBEX')];
  await stack.sql`UPDATE tenants SET slug = 'acme-corp' WHERE id = ${tenant}`;
  const key = await insertKey(stack.sql, { permissions: ['query', 'admin'], tenants: [tenant] });
  const revoked = await insertKey(stack.sql, { tenants: [tenant] });
  await stack.sql`UPDATE api_keys SET revoked_at = now() WHERE id = ${revoked.id}`;
  world = { now, keyId: key.id, revokedKeyId: revoked.id, tenant, foreignTenant };
});

afterAll(async () => {
  keyServer.close();
  await stack.close();
});

async function ingestOver(directory: Directory): Promise<HttpServer> {
  const config = { rateLimits: false, requireHttps: false };
  const metrics = createMetrics({ host: '127.0.0.1' });
  const app = await buildIngest({
    logStore: createMemoryLog(),
    directory,
    log: silentLog,
    config,
    checks: {},
    metrics,
    now: () => now,
  });
  await app.ready();
  return app;
}

/** Every route that asks for a credential, as requests. */
function guardedRoutes(app: HttpServer): { method: 'GET'; url: string }[] {
  return routesOf(app as never)
    .filter(({ config }) => config.permission !== 'public' && config.permission !== 'forwarded')
    .flatMap(({ methods, url }) => methods.map((method) => ({ method, url: url.replaceAll(/:\w+/g, 'x') })))
    .filter(({ method }) => method !== 'HEAD') as { method: 'GET'; url: string }[];
}

/** What was not answered with 401, by token and route, and the number of requests. */
async function attack(apps: readonly HttpServer[], tokens: HostileTokens) {
  const attempts = apps.flatMap((app) =>
    guardedRoutes(app).flatMap((route) => Object.entries(tokens).map(([name, token]) => ({ app, route, name, token }))),
  );
  const admitted: string[] = [];
  for (const { app, route, name, token } of attempts) {
    const { statusCode } = await app.inject({ ...route, headers: { authorization: `Bearer ${token}` } });
    if (statusCode !== 401) admitted.push(`${name}: ${route.method} ${route.url}: ${statusCode}`);
  }
  return { admitted, attempts: attempts.length };
}

it('every route of every tier declares who may call it, and every change what the audit log calls it', async () => {
  const options = { logStore: createMemoryLog(), directory: stack.directory, log: silentLog, checks: {} };
  const config = { rateLimits: false, requireHttps: false };
  const webhook = await buildWebhook({ ...options, config, metrics: createMetrics({ host: '127.0.0.1' }) });
  const ingest = await ingestOver(stack.directory);
  for (const app of [webhook, ingest, stack.app]) {
    const open = routesOf(app as never).filter(({ config }) => config.permission === undefined);
    expect(open.map(({ url }) => url)).toEqual([]);
  }
  const unnamed = routesOf(stack.app as never)
    .filter(({ url }) => !questionRoutes.includes(url))
    .filter(({ methods }) => methods.some((method) => !['GET', 'HEAD'].includes(method)))
    .filter(({ config }) => config.permission !== 'forwarded' && config.action === undefined);
  expect(unnamed.map(({ methods, url }) => `${methods} ${url}`)).toEqual([]);
  await Promise.all([webhook.close(), ingest.close()]);
});

describe.each(['a shared secret', 'published keys'])('with %s', (kind) => {
  let apps: HttpServer[];
  let directory: Directory;
  let valid: HostileTokens;
  let hostile: HostileTokens;

  beforeAll(async () => {
    const { port } = keyServer.address() as AddressInfo;
    const isSecret = kind === 'a shared secret';
    const jwt: JwtSettings = isSecret
      ? secretSettings
      : { issuer, audience, source: { jwksUrl: `http://127.0.0.1:${port}/jwks` } };
    directory = await createDirectory({ sql: stack.sql, pepper: testPepper, jwt, log: silentLog, now: () => now });
    apps = [await ingestOver(directory), await buildQueryApi({ ...stack.deps, directory }, {})];
    const claims = claimsAt(now);
    valid = isSecret
      ? { HS256: await sign(claims) }
      : Object.fromEntries(
          await Promise.all(
            Object.entries(provider.pairs).map(async ([alg, { privateKey }]) => [
              alg,
              await sign(claims, { alg, key: privateKey, header: { kid: `k-${alg}` } }),
            ]),
          ),
        );
    const own = isSecret ? await hostileToSecret(world) : await hostileToKeySet(world, provider);
    hostile = { ...own, ...(await hostileAsIssued(world)) };
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await directory.close();
  });

  it('a valid token gets past authentication on every route', async () => {
    const { admitted, attempts } = await attack(apps, valid);
    expect(attempts).toBeGreaterThan(20);
    expect(admitted).toHaveLength(attempts);
  });

  it('no hostile token does: 401 everywhere', async () => {
    const { admitted, attempts } = await attack(apps, hostile);
    expect(admitted).toEqual([]);
    expect(attempts).toBeGreaterThanOrEqual(Object.keys(hostile).length * 20);
  });
});
