import { afterEach, describe, expect, it } from 'vitest';
import { createRateLimiter, MAX_COUNTED_CALLERS, RATE_LIMITS } from '../../../platform/http/rate-limit.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

const minute = Date.UTC(2026, 2, 18, 10, 30);

describe('createRateLimiter', () => {
  it.each(Object.entries(RATE_LIMITS))('allows %s exactly %i requests a minute', (category, limit) => {
    const limiter = createRateLimiter();
    const take = (atMs: number) => limiter.take(category as keyof typeof RATE_LIMITS, 'key_1', atMs);
    for (let request = 1; request <= limit; request++) {
      expect(take(minute)).toEqual({ limit, remaining: limit - request, resetAtS: minute / 1000 + 60 });
    }
    expect(take(minute + 48_000)).toEqual({ limit, remaining: 0, resetAtS: minute / 1000 + 60, retryAfterS: 12 });
    expect(take(minute + 59_999).retryAfterS).toBe(1);
    expect(take(minute + 60_000).remaining).toBe(limit - 1);
  });

  it('counts every caller and category for itself', () => {
    const limiter = createRateLimiter({ ingest: 1, query: 1, admin: 1 });
    expect(limiter.take('query', 'key_1', minute).retryAfterS).toBeUndefined();
    expect(limiter.take('query', 'key_2', minute).retryAfterS).toBeUndefined();
    expect(limiter.take('admin', 'key_1', minute).retryAfterS).toBeUndefined();
    expect(limiter.take('query', 'key_1', minute).retryAfterS).toBe(60);
  });

  it('locks nobody out when the clock is set back', () => {
    const limiter = createRateLimiter({ ingest: 1, query: 1, admin: 1 });
    limiter.take('query', 'key_1', minute);
    expect(limiter.take('query', 'key_1', minute - 3_600_000)).toMatchObject({ resetAtS: minute / 1000 - 3_540 });
  });

  it('lets callers beyond the number it counts share one budget', () => {
    const limiter = createRateLimiter({ ingest: 2, query: 2, admin: 2 });
    for (let caller = 0; caller < MAX_COUNTED_CALLERS; caller++) limiter.take('query', `address ${caller}`, minute);
    const late = ['a', 'b', 'c'].map((caller) => limiter.take('query', caller, minute).retryAfterS);
    expect(late).toEqual([undefined, undefined, 60]);
    expect(limiter.take('query', 'address 1', minute).retryAfterS).toBeUndefined();
  });
});

describe('the request limits of a server', () => {
  let app: HttpServer | undefined;
  afterEach(() => app?.close());

  async function build(config = { rateLimits: true, requireHttps: false }): Promise<HttpServer> {
    const server = await buildTestServer({ config, now: () => minute + 48_000 });
    server.get('/api/v1/keys', { config: { permission: 'admin' } }, () => 'ok');
    server.post('/api/v1/keys', { config: { permission: 'admin' } }, () => 'ok');
    server.post('/api/v1/events', { config: { permission: 'ingest' } }, () => 'ok');
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

  it('can be switched off', async () => {
    const server = await build({ rateLimits: false, requireHttps: false });
    expect(await limitOf(server, 'GET', '/api/v1/keys')).toBeUndefined();
  });
});
