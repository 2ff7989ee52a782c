import { expect, test } from 'vitest';
import { buildWebhook } from '../../ingest/app.ts';
import { createLog } from '../../platform/log.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { startTestIngest, testDirectory } from '../support/ingest-app.ts';

test('both routes are in the OpenAPI document with their bodies, answers and headers', async () => {
  const { app } = await startTestIngest();
  const { paths } = (await app.inject('/openapi.json')).json();
  for (const path of ['/api/v1/events', '/api/v1/events/batch']) {
    const { post } = paths[path];
    expect(post.requestBody.content['application/json'].schema.type).toBe('object');
    expect(post.responses['201']).toBeDefined();
    expect(post.parameters.map(({ name }: { name: string }) => name).sort()).toEqual(['idempotency-key', 'wait']);
  }
});

test('the URL without a slash at its end is the documented one', async () => {
  const { app } = await startTestIngest();
  expect(app.hasRoute({ method: 'POST', url: '/api/v1/events' })).toBe(true);
  expect(app.hasRoute({ method: 'POST', url: '/api/v1/events/batch' })).toBe(true);
});

test('health answers on both listeners without a key', async () => {
  const { app } = await startTestIngest();
  const webhook = await buildWebhook({
    logStore: createMemoryLog(),
    directory: testDirectory(),
    log: createLog('test', 'silent'),
    config: { rateLimits: false, requireHttps: false },
    checks: { log: async () => {} },
    metrics: createMetrics({ host: '127.0.0.1' }),
  });
  for (const listener of [app, webhook]) {
    expect((await listener.inject('/health')).statusCode).toBe(200);
    expect((await listener.inject('/health/live')).statusCode).toBe(200);
  }
  expect((await webhook.inject('/health/ready')).json().checks).toMatchObject({ log: { status: 'ok' } });
});

test('another method is told which one is allowed', async () => {
  const { app } = await startTestIngest();
  const answer = await app.inject({ method: 'DELETE', url: '/api/v1/events' });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.allow).toBe('POST');
});
