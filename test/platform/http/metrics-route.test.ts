import { Registry } from 'prom-client';
import { afterAll, describe, expect, it } from 'vitest';
import { badRequest } from '../../../platform/errors.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { accessOf, createMetrics, type MetricsOptions } from '../../../platform/metrics.ts';
import { measureProcess } from '../../../platform/process-metrics.ts';
import { readExposition, sampleOf } from '../../support/exposition.ts';
import { buildTestServer } from '../../support/http-server.ts';

const token = 'scrape-0123456789abcdef';
const servers: HttpServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

async function startServer(options: MetricsOptions = { host: '127.0.0.1' }): Promise<HttpServer> {
  const app = await buildTestServer({ metrics: createMetrics(options) });
  servers.push(app);
  app.get('/api/v1/things/:id', { config: { permission: 'query' } }, () => ({}));
  app.get('/api/v1/refused', { config: { permission: 'public' } }, () => {
    throw badRequest('No.');
  });
  return app;
}

async function scrape(app: HttpServer, headers: Record<string, string> = {}) {
  const answer = await app.inject({ url: '/metrics', headers });
  return { status: answer.statusCode, type: answer.headers['content-type'], text: answer.payload };
}

const asked = 'tidemark_http_request_duration_seconds_count';
const rejected = 'tidemark_http_requests_rejected_total';

describe('GET /metrics', () => {
  it('counts requests by route pattern, method and status, never by the path a client chose', async () => {
    const app = await startServer();
    for (const id of ['a', 'b', 'acme-secret']) {
      await app.inject({ url: `/api/v1/things/${id}`, headers: { 'x-api-key': 'k-query' } });
    }
    await app.inject({ url: '/api/v1/things/a' });
    await app.inject({ method: 'PUT', url: '/no/such/place' });
    const { status, type, text } = await scrape(app);
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const samples = readExposition(text);
    const route = '/api/v1/things/:id';
    expect(sampleOf(samples, asked, { route, method: 'GET', status: '200' })).toBe(3);
    expect(sampleOf(samples, asked, { route, method: 'GET', status: '401' })).toBe(1);
    expect(sampleOf(samples, asked, { route: 'none', method: 'PUT', status: '404' })).toBe(1);
    expect(text).not.toContain('acme-secret');
  });

  it('counts rejections by the code of the error', async () => {
    const app = await startServer();
    await app.inject('/api/v1/refused');
    await app.inject('/api/v1/things/a');
    await app.inject('/no/such/place');
    const samples = readExposition((await scrape(app)).text);
    expect(sampleOf(samples, rejected, { reason: 'bad_request', status: '400' })).toBe(1);
    expect(sampleOf(samples, rejected, { reason: 'unauthorized', status: '401' })).toBe(1);
    expect(sampleOf(samples, rejected, { reason: 'not_found', status: '404' })).toBe(1);
  });

  it('is open where only this machine can connect', async () => {
    expect((await scrape(await startServer({ host: '::1' }))).status).toBe(200);
  });

  it('is closed on every other address as long as no token is set', async () => {
    const { status, text } = await scrape(await startServer({ host: '0.0.0.0' }), { 'x-api-key': 'k-admin' });
    expect(status).toBe(403);
    expect(text).toContain('TIDEMARK_METRICS_TOKEN');
  });

  it.each(['127.0.0.1', '0.0.0.0'])('asks for the token where one is set, on %s too', async (host) => {
    const app = await startServer({ host, metricsToken: token });
    expect((await scrape(app)).status).toBe(401);
    expect((await scrape(app, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await scrape(app, { 'x-api-key': 'k-admin' })).status).toBe(401);
    expect((await scrape(app, { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  it('is not part of the documented API', async () => {
    const { paths } = (await (await startServer()).inject('/openapi.json')).json();
    expect(Object.keys(paths)).not.toContain('/metrics');
  });
});

describe('access to metrics', () => {
  it.each([
    ['localhost', 'open'],
    ['127.0.0.1', 'open'],
    ['127.9.9.9', 'open'],
    ['::1', 'open'],
    ['::', 'closed'],
    ['0.0.0.0', 'closed'],
    ['10.0.0.7', 'closed'],
    ['127.example.com', 'closed'],
  ])('on %s without a token is %s', (host, access) => {
    expect(accessOf({ host })).toBe(access);
  });
});

describe('what a process costs', () => {
  it('is reported in seconds and bytes', async () => {
    const registry = new Registry();
    const stop = measureProcess(registry);
    const samples = readExposition(await registry.metrics());
    stop();
    expect(sampleOf(samples, 'tidemark_process_cpu_seconds_total', {})).toBeGreaterThan(0);
    expect(sampleOf(samples, 'tidemark_process_resident_memory_bytes', {})).toBeGreaterThan(2 ** 24);
    expect(sampleOf(samples, 'tidemark_process_heap_used_bytes', {})).toBeGreaterThan(2 ** 20);
    const startedAt = sampleOf(samples, 'tidemark_process_start_time_seconds', {}) ?? 0;
    expect(Math.abs(startedAt + process.uptime() - Date.now() / 1000)).toBeLessThan(60);
    for (const statistic of ['p50', 'p99', 'max']) {
      const delay = sampleOf(samples, 'tidemark_event_loop_delay_seconds', { statistic });
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(60);
    }
  });
});
