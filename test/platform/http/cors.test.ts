import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PREFLIGHT_MAX_AGE_S } from '../../../platform/http/cors.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

const origin = 'https://console.example.com';
let closed: HttpServer;
let open: HttpServer;

async function build(corsOrigins?: string[]): Promise<HttpServer> {
  const config = { rateLimits: true, requireHttps: false, ...(corsOrigins === undefined ? {} : { corsOrigins }) };
  const app = await buildTestServer({ config });
  app.post('/api/v1/query', { config: { permission: 'query' } }, () => 'ok');
  return app;
}

beforeAll(async () => {
  [closed, open] = await Promise.all([build(), build([origin])]);
});
afterAll(async () => {
  await Promise.all([closed.close(), open.close()]);
});

const preflight = (app: HttpServer, from: string) =>
  app.inject({
    method: 'OPTIONS',
    url: '/api/v1/query',
    headers: { origin: from, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
  });
const post = (app: HttpServer, from: string, key = 'k-query') =>
  app.inject({ method: 'POST', url: '/api/v1/query', headers: { origin: from, 'x-api-key': key } });
const corsHeaders = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('scripts of another site', () => {
  it('may not call unless their site is configured', async () => {
    const [asked, called] = [await preflight(closed, origin), await post(closed, origin)];
    expect(asked.statusCode).toBe(405);
    expect([...corsHeaders(asked.headers), ...corsHeaders(called.headers)]).toEqual([]);
  });

  it('may call when it is, with a key in a header and never with cookies', async () => {
    const { statusCode, headers } = await preflight(open, origin);
    expect(statusCode).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-max-age': String(PREFLIGHT_MAX_AGE_S),
    });
    expect(String(headers['access-control-allow-headers'])).toContain('x-api-key');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('may read the answers, the refusals too, and the headers about limits', async () => {
    for (const response of [await post(open, origin), await post(open, origin, 'k-none')]) {
      expect(response.headers['access-control-allow-origin']).toBe(origin);
      expect(String(response.headers['access-control-expose-headers'])).toContain('x-ratelimit-remaining');
      expect(String(response.headers.vary)).toContain('Origin');
    }
  });

  it('may not call from any other site', async () => {
    const response = await preflight(open, 'https://evil.example.com');
    expect(response.headers['access-control-allow-origin']).not.toBe('https://evil.example.com');
    expect(response.headers['access-control-allow-origin']).not.toBe('*');
  });

  it('are answered OPTIONS that is no preflight too, and nothing else where nothing is', async () => {
    expect((await open.inject({ method: 'OPTIONS', url: '/api/v1/none' })).statusCode).toBe(204);
    const response = await open.inject({ url: '/api/v1/none', headers: { origin } });
    expect([response.statusCode, response.json().error.code]).toEqual([404, 'not_found']);
  });
});
