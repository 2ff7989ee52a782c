import { afterEach, describe, expect, it } from 'vitest';
import { type HealthChecks, MAX_CHECK_MS } from '../../../platform/http/health.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

let app: HttpServer | undefined;
afterEach(() => app?.close());

async function ask(url: string, checks: HealthChecks = {}) {
  app = await buildTestServer({ checks });
  return app.inject(url);
}

describe('GET /health', () => {
  it('is a plain OK that is not cached and asks nothing', async () => {
    const response = await ask('/health', { broken: () => Promise.reject(new Error('down')) });
    expect([response.statusCode, response.body]).toEqual([200, 'OK']);
    expect(response.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/plain; charset=utf-8',
    });
  });
});

describe('GET /health/live', () => {
  it('is ok while the process runs', async () => {
    const response = await ask('/health/live');
    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
  });
});

describe('GET /health/ready', () => {
  it('is ready when every check passes, with the milliseconds each took', async () => {
    const response = await ask('/health/ready', { postgres: async () => {}, clickhouse: async () => {} });
    expect(response.statusCode).toBe(200);
    const { status, checks } = response.json();
    expect(status).toBe('ready');
    expect(Object.keys(checks)).toEqual(['postgres', 'clickhouse']);
    expect(checks.postgres).toEqual({ status: 'ok', duration_ms: expect.any(Number) });
    expect(checks.postgres.duration_ms).toBeLessThan(1_000);
  });

  it('is a 503 that names the checks that fail, without saying why', async () => {
    const checks = { postgres: async () => {}, clickhouse: () => Promise.reject(new Error('password of writer')) };
    const response = await ask('/health/ready', checks);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({
      status: 'not_ready',
      checks: { postgres: { status: 'ok' }, clickhouse: { status: 'failed' } },
    });
    expect(response.body).not.toContain('password');
  });

  it('fails a check that does not answer within two seconds', async () => {
    const response = await ask('/health/ready', { stuck: () => new Promise(() => {}) });
    expect(response.statusCode).toBe(503);
    const { duration_ms } = response.json().checks.stuck;
    expect(duration_ms).toBeGreaterThanOrEqual(MAX_CHECK_MS - 10);
    expect(duration_ms).toBeLessThan(MAX_CHECK_MS + 1_000);
  });
});
