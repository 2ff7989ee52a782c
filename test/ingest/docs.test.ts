import { describe, expect, test } from 'vitest';
import { INGEST_KEY, startTestIngest, TELEMETRY_KEY, type TestIngest } from '../support/ingest-app.ts';

interface Media {
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface Operation {
  requestBody: { content: Record<string, Media> };
  responses: Record<string, unknown>;
  security: Record<string, unknown>[];
}

const operationsOf = async ({ app }: TestIngest): Promise<[string, Operation][]> => {
  const { paths } = (await app.inject({ url: '/openapi.json' })).json<{ paths: Record<string, { post: Operation }> }>();
  return Object.entries(paths).map(([path, { post }]) => [path, post]);
};

const examplesOf = ({ example, examples = {} }: Media): unknown[] =>
  [example, ...Object.values(examples).map(({ value }) => value)].filter((one) => one !== undefined);

test('the OpenAPI document lists every protocol, with what it answers', async () => {
  const operations = await operationsOf(await startTestIngest());
  const answers = operations.map(([path, { responses }]) => `${path} ${Object.keys(responses)}`);
  expect(answers.sort()).toEqual([
    '/api/v1/alerts/webhook 200,default',
    '/api/v1/events 201,default',
    '/api/v1/events/batch 201,default',
    '/api/v1/write 204,default',
    '/events/deployments 202,default',
    '/events/deployments/batch 202,default',
    '/events/logs 202,default',
    '/events/logs/batch 202,default',
    '/events/metrics 202,default',
    '/events/metrics/batch 202,default',
    '/t/{tenant}/api/v1/alerts/webhook 200,default',
    '/v1/logs 200,default',
    '/v1/metrics 200,default',
    '/v1/traces 200,default',
  ]);
});

test('only the routes that may be open are documented as doing without a key', async () => {
  const operations = await operationsOf(await startTestIngest());
  const open = operations.filter(([, { security }]) => security.some((needed) => Object.keys(needed).length === 0));
  expect(open.map(([path]) => path).every((path) => path.startsWith('/events/'))).toBe(true);
  expect(open).toHaveLength(6);
});

interface Body {
  path: string;
  type: string;
  examples: unknown[];
}

const bodiesOf = async (ingest: TestIngest): Promise<Body[]> =>
  (await operationsOf(ingest)).flatMap(([path, { requestBody }]) =>
    Object.entries(requestBody.content).map(([type, media]) => ({ path, type, examples: examplesOf(media) })),
  );

test('every body but those of bytes has an example, and every example is accepted as it stands', async () => {
  const ingest = await startTestIngest();
  const bodies = (await bodiesOf(ingest)).filter(({ type }) => !type.startsWith('application/x-protobuf'));
  expect(bodies).toHaveLength(17);
  for (const { path, type, examples } of bodies) {
    expect(examples, `${path} ${type}`).toHaveLength(1);
    // The key of one organization: what is sent says whose it is, or need not.
    const key = path.startsWith('/t/') ? INGEST_KEY : TELEMETRY_KEY;
    const headers = { 'content-type': type, 'x-api-key': key };
    const { status, text } = await ingest.post(path.replace('{tenant}', 'ACME'), examples[0], headers);
    expect([path, type, status, text]).toEqual([path, type, expect.toBeOneOf([200, 201, 202]), text]);
    expect(text, path).not.toContain('partialSuccess');
  }
});

test('lines are documented as lines, and all of them are stored', async () => {
  const ingest = await startTestIngest();
  const lines = (await bodiesOf(ingest)).filter(({ type }) => type === 'application/x-ndjson');
  expect(lines).toHaveLength(4);
  for (const { path, type, examples } of lines) {
    const headers = { 'content-type': type, 'x-api-key': TELEMETRY_KEY };
    expect((await ingest.post(path, examples[0], headers)).body, path).toMatchObject({ accepted: 2 });
  }
});

describe('the pages', () => {
  test.each(['/api/', '/reference/'])('%s is served without a key', async (url) => {
    const ingest = await startTestIngest();
    const answer = await ingest.app.inject({ url });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('<html');
  });
});
