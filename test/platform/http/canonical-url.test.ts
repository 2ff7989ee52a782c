import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

let app: HttpServer;
beforeAll(async () => {
  app = await buildTestServer();
  app.get('/api/v1/open', { config: { permission: 'public' } }, ({ query }) => query);
  for (const url of ['/v1/metrics', '/v1/logs', '/v1/traces', '/api/v1/metrics']) {
    app.post(url, { config: { permission: 'public' } }, () => url);
  }
  app.get('/api/v1/metrics', { config: { permission: 'public' } }, () => 'read');
  await app.register(
    async (scope) => {
      scope.get('/', { config: { permission: 'public' } }, () => 'ok');
    },
    { prefix: '/api/v1/folder' },
  );
  await app.ready();
});
afterAll(() => app.close());

describe('the path of a request', () => {
  it.each(['/api/v1/open?x=a/', '/api/v1/open/?x=a/', '/v1/open?x=a/', '/v1/open/?x=a/'])(
    '%s reaches the route and keeps its query',
    async (url) => {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toEqual({ x: 'a/' });
    },
  );

  it.each(['/v1/metrics', '/v1/logs', '/v1/traces'])(
    '%s is one of OTLP when something is posted to it',
    async (url) => {
      expect((await app.inject({ method: 'POST', url })).body).toBe(url);
      expect((await app.inject({ method: 'POST', url: `${url}?x=1` })).body).toBe(url);
    },
  );

  it('/v1/metrics is an alias when it is read, and /api/v1/metrics never one of OTLP', async () => {
    expect((await app.inject('/v1/metrics')).body).toBe('read');
    expect((await app.inject('/v1/metrics/')).body).toBe('read');
    expect((await app.inject({ method: 'POST', url: '/api/v1/metrics' })).body).toBe('/api/v1/metrics');
    expect((await app.inject('/v1/traces')).statusCode).toBe(404);
  });

  it('of a folder of routes is documented and served without a slash at its end', async () => {
    expect((await app.inject('/api/v1/folder')).statusCode).toBe(200);
    expect((await app.inject('/api/v1/folder/')).statusCode).toBe(200);
    expect(Object.keys((await app.inject('/openapi.json')).json().paths).sort()).toEqual([
      '/api/v1/folder',
      '/api/v1/metrics',
      '/api/v1/open',
      '/v1/logs',
      '/v1/metrics',
      '/v1/traces',
    ]);
  });
});
