import { expect, test } from 'vitest';
import { startTestIngest, TELEMETRY_KEY } from '../../support/ingest-app.ts';

interface Operation {
  requestBody: { content: Record<string, { example?: unknown; examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, unknown>;
  description?: string;
}

const documented = [
  '/events/deployments',
  '/events/deployments/batch',
  '/events/logs',
  '/events/logs/batch',
  '/events/metrics',
  '/events/metrics/batch',
];

test('the OpenAPI document lists the telemetry routes, and every example in it is accepted', async () => {
  const ingest = await startTestIngest();
  const answer = await ingest.app.inject({ url: '/openapi.json' });
  const paths = answer.json<{ paths: Record<string, { post?: Operation }> }>().paths;
  expect(
    Object.keys(paths)
      .filter((path) => path.startsWith('/events/'))
      .sort(),
  ).toEqual(documented);
  for (const path of documented) {
    const operation = paths[path]?.post;
    expect(Object.keys(operation?.responses ?? {}), path).toEqual(['202', 'default']);
    const { example, examples: named = {} } = operation?.requestBody.content['application/json'] ?? {};
    const examples = [example, ...Object.values(named).map(({ value }) => value)].filter((one) => one !== undefined);
    expect(examples.length, path).toBeGreaterThan(0);
    for (const example of examples) {
      const posted = await ingest.post(path, example, { 'x-api-key': TELEMETRY_KEY });
      expect([path, posted.status, posted.text]).toEqual([path, 202, posted.text]);
    }
  }
});

test.each(['/api/', '/reference/'])('%s is served without a key', async (url) => {
  const ingest = await startTestIngest();
  const answer = await ingest.app.inject({ url });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain('<html');
});
