import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HSTS_MAX_AGE_S } from '../../../platform/http/security-headers.ts';
import {
  DEFAULT_TIMEOUTS,
  type HttpServer,
  MAX_HEADER_BYTES,
  MAX_PARAM_LENGTH,
  MAX_REQUESTS_PER_SOCKET,
  TIMEOUT_CHECK_MS,
} from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

let app: HttpServer;
afterEach(() => app.close());

async function build(requireHttps = false): Promise<HttpServer> {
  app = await buildTestServer({ config: { rateLimits: true, requireHttps } });
  app.get('/api/v1/things/:id', { config: { permission: 'query' } }, () => 'ok');
  return app;
}

describe('every answer', () => {
  it.each([
    ['of a route', '/api/v1/things/1', 200],
    ['without a credential', '/api/v1/things/1?anonymous', 401],
    ['where nothing is', '/nothing', 404],
    ['to a URL that cannot be read', '/api/v1/things/%zz', 400],
    ['of health', '/health', 200],
  ])('%s runs nothing, is framed nowhere and sniffed by nobody', async (_name, url, status) => {
    await build();
    const headers = url.includes('anonymous') ? {} : { 'x-api-key': 'k-query' };
    const response = await app.inject({ url, headers });
    expect(response.statusCode).toBe(status);
    expect(response.headers).toMatchObject({
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.stringMatching(/^req_/),
    });
    expect(response.headers).not.toHaveProperty('x-powered-by');
    expect(response.headers).not.toHaveProperty('server');
  });

  it('binds browsers to HTTPS only where plain HTTP is refused', async () => {
    await build();
    expect((await app.inject('/health')).headers).not.toHaveProperty('strict-transport-security');
    await app.close();
    await build(true);
    const { headers } = await app.inject('/health');
    expect(headers['strict-transport-security']).toBe(`max-age=${HSTS_MAX_AGE_S}`);
  });
});

describe('the limits of a connection', () => {
  it('are those that are documented', async () => {
    await build();
    await app.listen({ port: 0, host: '127.0.0.1' });
    expect(app.server).toMatchObject({
      requestTimeout: DEFAULT_TIMEOUTS.requestMs,
      headersTimeout: DEFAULT_TIMEOUTS.headersMs,
      timeout: DEFAULT_TIMEOUTS.connectionMs,
      keepAliveTimeout: DEFAULT_TIMEOUTS.keepAliveMs,
      maxRequestsPerSocket: MAX_REQUESTS_PER_SOCKET,
    });
    expect([DEFAULT_TIMEOUTS, MAX_REQUESTS_PER_SOCKET, MAX_HEADER_BYTES, TIMEOUT_CHECK_MS]).toEqual([
      { requestMs: 15_000, headersMs: 5_000, connectionMs: 30_000, keepAliveMs: 65_000 },
      100_000,
      16_384,
      1_000,
    ]);
    expect((app.server.address() as AddressInfo).port).toBeGreaterThan(0);
  });

  it.each([
    [MAX_PARAM_LENGTH, 200],
    [MAX_PARAM_LENGTH + 1, 404],
  ])('let a part of a path have %i characters: %i', async (length, status) => {
    await build();
    const url = `/api/v1/things/${'x'.repeat(length)}`;
    expect((await app.inject({ url, headers: { 'x-api-key': 'k-query' } })).statusCode).toBe(status);
  });
});
