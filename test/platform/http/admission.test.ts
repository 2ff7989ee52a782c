import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../../platform/http/routes.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer, keys } from '../../support/http-server.ts';
import { createInMemoryDirectory } from '../../support/in-memory-directory.ts';

async function buildServerWithRoutes(changes = {}): Promise<HttpServer> {
  const app = await buildTestServer(changes);
  app.get('/api/v1/query', { config: { permission: 'query' } }, ({ principal }) => principal.credentialId);
  app.get('/api/v1/status', { config: { permission: 'query', family: 'S' } }, () => 'ok');
  app.get('/events/query', { config: { permission: 'query' } }, () => 'ok');
  app.get('/api/v1/open', { config: { permission: 'public' } }, () => 'ok');
  app.get('/api/v1/passed-on', { config: { permission: 'forwarded' } }, () => 'ok');
  return app;
}

let app: HttpServer;
beforeAll(async () => {
  app = await buildServerWithRoutes();
});
afterAll(() => app.close());

const get = (url: string, headers: Record<string, string | string[]> = {}) => app.inject({ url, headers });

describe('a credential', () => {
  it.each([
    ['X-Api-Key', { 'x-api-key': 'k-query' }],
    ['Authorization', { authorization: 'Bearer k-query' }],
    ['Authorization in another case', { authorization: 'bearer  k-query ' }],
    ['both, the same', { 'x-api-key': 'k-query', authorization: 'Bearer k-query' }],
  ])('is taken from %s', async (_name, headers) => {
    const response = await get('/api/v1/query', headers);
    expect([response.statusCode, response.body]).toEqual([200, 'key_k-query']);
  });

  it('that is another one in each header is a 400', async () => {
    const response = await get('/api/v1/query', { 'x-api-key': 'k-query', authorization: 'Bearer k-admin' });
    expect([response.statusCode, response.json().error.code]).toEqual([400, 'bad_request']);
  });

  it.each([
    ['no header', {}],
    ['an unknown key', { 'x-api-key': 'k-none' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a name every object has', { 'x-api-key': 'constructor' }],
    ['another scheme', { authorization: 'Basic k-query' }],
  ])('is refused with the documented 401: %s', async (_name, headers) => {
    const response = await get('/api/v1/query', headers);
    expect(response.statusCode).toBe(401);
    expect(response.json()).toEqual({ error: { code: 'unauthorized', message: 'Invalid or missing API key.' } });
    expect(response.headers['www-authenticate']).toBe('Bearer');
  });

  it('is refused in the words of the other families too', async () => {
    expect((await get('/api/v1/status')).json()).toEqual({ error: 'Invalid or missing API key' });
    expect((await get('/events/query')).json()).toEqual({ statusCode: 401, message: 'Invalid or missing API key' });
  });

  it('without the permission of the route is refused with the documented 403', async () => {
    const response = await get('/api/v1/query', { 'x-api-key': 'k-ingest' });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toEqual({
      error: { code: 'forbidden', message: 'API key does not have the required scope.' },
    });
    const status = await get('/api/v1/status', { 'x-api-key': 'k-ingest' });
    expect(status.json()).toEqual({ error: 'missing required scope: query' });
  });

  it('is not asked for where the route is public or checked elsewhere', async () => {
    expect((await get('/api/v1/open')).statusCode).toBe(200);
    expect((await get('/api/v1/passed-on')).statusCode).toBe(200);
  });

  it('is refused from the moment its key is revoked', async () => {
    const mutable: Record<string, (typeof keys)['k-query']> = { 'k-query': keys['k-query'] };
    const other = await buildServerWithRoutes({ directory: createInMemoryDirectory({ keys: mutable }) });
    const ask = async () =>
      (await other.inject({ url: '/api/v1/query', headers: { 'x-api-key': 'k-query' } })).statusCode;
    expect(await ask()).toBe(200);
    delete mutable['k-query'];
    expect(await ask()).toBe(401);
    await other.close();
  });

  it('cannot be checked while the directory is away: 503', async () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const directory = { ...createInMemoryDirectory(), authenticate: () => Promise.reject(refused) };
    const other = await buildServerWithRoutes({ directory });
    const response = await other.inject({ url: '/api/v1/query', headers: { 'x-api-key': 'k-query' } });
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '1']);
    await other.close();
  });
});

describe('a route that does not declare who may call it', () => {
  it('keeps the server from starting', async () => {
    const open = await buildTestServer();
    open.get('/api/v1/open', () => 'ok');
    await expect(open.ready()).rejects.toThrow('route GET /api/v1/open does not declare config.permission');
  });

  it('exists nowhere, docs and health included', () => {
    const routes = routesOf(app);
    expect(routes.map(({ url }) => url)).toEqual(expect.arrayContaining(['/api/v1/query', '/health', '/openapi.json']));
    expect(routes.filter(({ config }) => config.permission === undefined)).toEqual([]);
  });
});

describe('plain HTTP', () => {
  let strict: HttpServer;
  beforeAll(async () => {
    strict = await buildServerWithRoutes({ config: { rateLimits: true, requireHttps: true } });
  });
  afterAll(() => strict.close());
  const ask = (url: string, headers: Record<string, string>, remoteAddress = '10.0.0.7') =>
    strict.inject({ url, remoteAddress, headers: { 'x-api-key': 'k-query', ...headers } });

  it('is refused where HTTPS is required and the proxy does not say https', async () => {
    for (const headers of [{}, { 'x-forwarded-proto': 'http' }]) {
      const response = await ask('/api/v1/query', headers);
      expect([response.statusCode, response.json().error.code]).toEqual([403, 'https_required']);
    }
    expect((await ask('/api/v1/query', { 'x-forwarded-proto': 'http' }, '127.0.0.1')).statusCode).toBe(403);
    expect((await ask('/api/v1/query', { 'x-forwarded-proto': 'https' })).statusCode).toBe(200);
  });

  it('is accepted from this machine itself and for health probes', async () => {
    expect((await ask('/api/v1/query', {}, '127.0.0.1')).statusCode).toBe(200);
    expect((await ask('/api/v1/query', {}, '::1')).statusCode).toBe(200);
    expect((await ask('/health', {})).statusCode).toBe(200);
  });
});

describe('every answer', () => {
  it('carries a request id, the one of the client when it is well-formed', async () => {
    const idOf = async (id: string) => (await get('/health', { 'x-request-id': id })).headers['x-request-id'];
    expect(await idOf('trace-1.a:b_c')).toBe('trace-1.a:b_c');
    expect(await idOf('x'.repeat(64))).toBe('x'.repeat(64));
    for (const bad of ['', 'x'.repeat(65), 'a b', 'a"b']) expect(await idOf(bad)).toMatch(/^req_[0-9a-f-]{36}$/);
  });

  it('may not be cached or sniffed, and does not say what serves it', async () => {
    for (const url of ['/api/v1/query', '/health', '/nope']) {
      const { headers } = await get(url);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
    }
  });

  it('is the same under /v1 as under /api/v1', async () => {
    const response = await get('/v1/query', { 'x-api-key': 'k-query' });
    expect([response.statusCode, response.body]).toEqual([200, 'key_k-query']);
  });
});
