import { afterEach, describe, expect, it } from 'vitest';
import { RATE_LIMITS } from '../../../platform/http/rate-limit.ts';
import type { HttpServer, ServerOptions } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';
import { createInMemoryDirectory } from '../../support/in-memory-directory.ts';

const minute = Date.UTC(2026, 2, 18, 10, 30);

describe('the request limits of a server', () => {
  let app: HttpServer | undefined;
  afterEach(() => app?.close());

  async function build(
    config: ServerOptions['config'] = { rateLimits: true, requireHttps: false },
  ): Promise<HttpServer> {
    const server = await buildTestServer({ config, now: () => minute + 48_000 });
    server.get('/api/v1/keys', { config: { permission: 'admin' } }, () => 'ok');
    server.post('/api/v1/keys', { config: { permission: 'admin' } }, () => 'ok');
    server.post('/api/v1/events', { config: { permission: 'ingest' } }, () => 'ok');
    server.get('/api/v1/services', { config: { permission: 'query', family: 'S' } }, () => 'ok');
    server.post('/events/log', { config: { permission: 'ingest' } }, () => 'ok');
    server.get('/api/v1/open', { config: { permission: 'public' } }, () => 'ok');
    server.post('/api/v1/search', { config: { permission: 'query', rateCategory: 'query' } }, () => 'ok');
    app = server;
    return server;
  }

  const limitOf = async (server: HttpServer, method: 'GET' | 'POST', url: string) =>
    (await server.inject({ method, url, headers: { 'x-api-key': 'k-admin' } })).headers['x-ratelimit-limit'];

  it('stand on every answer, by category: ingest by permission, the rest by method, unless the route says', async () => {
    const server = await build();
    expect(await limitOf(server, 'GET', '/api/v1/keys')).toBe('1000');
    expect(await limitOf(server, 'POST', '/api/v1/keys')).toBe('100');
    expect(await limitOf(server, 'POST', '/api/v1/events')).toBe('5000');
    expect(await limitOf(server, 'POST', '/api/v1/search')).toBe('1000');
    const { headers } = await server.inject({ url: '/api/v1/keys', headers: { 'x-api-key': 'k-admin' } });
    expect(headers).toMatchObject({ 'x-ratelimit-remaining': '997', 'x-ratelimit-reset': String(minute / 1000 + 60) });
  });

  it('end in the documented 429', async () => {
    const server = await build();
    const post = () => server.inject({ method: 'POST', url: '/api/v1/keys', headers: { 'x-api-key': 'k-admin' } });
    for (let request = 0; request < RATE_LIMITS.admin; request++) expect((await post()).statusCode).toBe(200);
    const response = await post();
    expect(response.statusCode).toBe(429);
    expect(response.json()).toEqual({
      error: {
        code: 'rate_limit_exceeded',
        message: 'Too many requests. Please retry after 12 seconds.',
        retryAfter: 12,
      },
    });
    expect(response.headers).toMatchObject({ 'retry-after': '12', 'x-ratelimit-remaining': '0' });
  });

  it('count refused requests too: those without a valid key against their address, whatever they claim to forward', async () => {
    const server = await build();
    const guess = (key: string, address: string) =>
      server.inject({
        method: 'POST',
        url: '/api/v1/keys',
        remoteAddress: address,
        headers: { 'x-api-key': key, 'x-forwarded-for': key },
      });
    for (let attempt = 0; attempt < RATE_LIMITS.admin; attempt++) {
      expect((await guess(`guess-${attempt}`, '10.0.0.1')).statusCode).toBe(401);
    }
    expect((await guess('guess', '10.0.0.1')).statusCode).toBe(429);
    expect((await guess('guess', '10.0.0.2')).statusCode).toBe(401);
    expect((await guess('k-admin', '10.0.0.1')).statusCode).toBe(200);
  });

  it('are told on errors and where nothing is, to those with a credential', async () => {
    const server = await build();
    const ask = async (url: string, key: string) => {
      const { statusCode, headers } = await server.inject({ url, headers: { 'x-api-key': key } });
      return [statusCode, headers['x-ratelimit-remaining']];
    };
    expect(await ask('/api/v1/keys', 'k-query')).toEqual([403, '999']);
    expect(await ask('/nowhere', 'k-query')).toEqual([404, '998']);
    expect(await ask('/api/v1/search', 'k-query')).toEqual([405, '997']);
    expect(await ask('/nowhere', 'k-unknown')).toEqual([404, '999']);
    expect((await server.inject({ url: '/nowhere' })).headers['x-ratelimit-limit']).toBeUndefined();
    expect(await ask('/api/v1/open', 'k-query')).toEqual([200, undefined]);
  });

  it('of family S count each source address of a key for itself, and a /64 of IPv6 as one', async () => {
    const server = await build();
    const ask = async (remoteAddress: string) => {
      const headers = { 'x-api-key': 'k-query', 'x-forwarded-for': '9.9.9.9', forwarded: 'for=9.9.9.9' };
      const answer = await server.inject({ url: '/api/v1/services', remoteAddress, headers });
      return answer.headers['x-ratelimit-remaining'];
    };
    expect(await ask('10.0.0.1')).toBe('999');
    expect(await ask('10.0.0.2')).toBe('999');
    expect(await ask('::ffff:10.0.0.1')).toBe('998');
    expect(await ask('2001:db8:0:1::1')).toBe('999');
    expect(await ask('2001:db8::1:ffff:0:0:2')).toBe('998');
    expect(await ask('2001:db8:0:2::1')).toBe('999');
  });

  it('of a key a second come on top, also for family T, which has no others', async () => {
    const slow = {
      credentialId: 'key_slow',
      permissions: new Set(['ingest', 'admin'] as const),
      tenants: [],
      rateLimitRps: 2,
    };
    const directory = { ...createInMemoryDirectory(), authenticate: async () => slow };
    let at = minute + 500;
    app = await buildTestServer({ directory, now: () => at });
    app.post('/api/v1/keys', { config: { permission: 'admin' } }, () => 'ok');
    app.post('/events/log', { config: { permission: 'ingest' } }, () => 'ok');
    const post = async (url: string) => {
      const answer = await app?.inject({ method: 'POST', url, headers: { 'x-api-key': 'k-slow' } });
      return [answer?.statusCode, answer?.headers['x-ratelimit-remaining'], answer?.headers['retry-after']];
    };
    expect(await post('/api/v1/keys')).toEqual([200, '99', undefined]);
    expect(await post('/api/v1/keys')).toEqual([200, '98', undefined]);
    expect(await post('/api/v1/keys')).toEqual([429, '98', '1']);
    at += 500;
    expect(await post('/events/log')).toEqual([200, '1', undefined]);
    expect(await post('/events/log')).toEqual([200, '0', undefined]);
    expect(await post('/events/log')).toEqual([429, '0', '1']);
    at += 1_000;
    expect(await post('/api/v1/keys')).toEqual([200, '97', undefined]);
  });

  it('never refuse who has a credential where the route says so, and strangers all the same', async () => {
    const server = await build({ rateLimits: { admin: 2 }, requireHttps: false });
    server.post('/api/v1/hook', { config: { permission: 'ingest', rateCategory: 'unlimited' } }, () => 'ok');
    const post = async (key: string) =>
      (await server.inject({ method: 'POST', url: '/api/v1/hook', headers: { 'x-api-key': key } })).statusCode;
    const asked = async (key: string) => [await post(key), await post(key), await post(key)];
    expect(await asked('k-ingest')).toEqual([200, 200, 200]);
    expect(await asked('k-unknown')).toEqual([401, 401, 401]);
  });

  it('can be set by category', async () => {
    const server = await build({ rateLimits: { query: 7 }, requireHttps: false });
    expect(await limitOf(server, 'GET', '/api/v1/keys')).toBe('7');
    expect(await limitOf(server, 'POST', '/api/v1/keys')).toBe('100');
  });

  it('can be switched off', async () => {
    const server = await build({ rateLimits: false, requireHttps: false });
    expect(await limitOf(server, 'GET', '/api/v1/keys')).toBeUndefined();
  });
});
