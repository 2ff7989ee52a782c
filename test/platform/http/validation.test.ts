import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_ISSUES } from '../../../platform/http/issues.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

const Event = Type.Object({
  orgCode: Type.String({ minLength: 1, maxLength: 10 }),
  value: Type.Number({ minimum: 0, 'x-issue': 'must be a positive number' }),
  dimensions: Type.Optional(Type.Record(Type.String(), Type.String())),
  at: Type.Optional(Type.String({ format: 'date-time' })),
});
const Query = Type.Object({
  page: Type.Integer({ minimum: 1, default: 1 }),
  all: Type.Optional(Type.Boolean()),
  interval: Type.Optional(Type.Union([Type.Literal('hour'), Type.Literal('day')])),
  tag: Type.Optional(Type.Array(Type.String())),
});

let app: HttpServer;
beforeAll(async () => {
  app = await buildTestServer();
  const config = { permission: 'admin' } as const;
  app.post('/api/v1/one', { config, schema: { body: Event } }, ({ body }) => body);
  const events = Type.Array(Event, { minItems: 1, maxItems: 1_000 });
  app.post('/api/v1/many', { config, schema: { body: Type.Object({ events }) } }, ({ body }) => body.events.length);
  app.get(
    '/api/v1/find/:id',
    { config, schema: { querystring: Query, params: Type.Object({ id: Type.Integer() }) } },
    (request) => ({
      ...request.query,
      ...request.params,
    }),
  );
  app.post(
    '/api/v1/closed',
    { config, schema: { body: Type.Object({ a: Type.Integer() }, { additionalProperties: false }) } },
    ({ body }) => body,
  );
});
afterAll(() => app.close());

const headers = { 'x-api-key': 'k-admin' };
const post = async (url: string, payload: unknown) => {
  const response = await app.inject({ method: 'POST', url, headers, payload: payload as object });
  return { status: response.statusCode, body: response.json() };
};
const get = async (url: string) => (await app.inject({ url, headers })).json();

describe('a request body', () => {
  it('is handed on as it is, unknown fields included', async () => {
    const event = { orgCode: 'ACME', value: 1.5, more: { x: 1 } };
    expect(await post('/api/v1/one', event)).toEqual({ status: 200, body: event });
  });

  it('is not coerced', async () => {
    const { status, body } = await post('/api/v1/one', { orgCode: 7, value: '1' });
    expect(status).toBe(400);
    expect(body.error).toEqual({
      code: 'validation_error',
      message: 'Request body contains invalid fields.',
      details: [
        { field: 'orgCode', issue: 'must be a string' },
        { field: 'value', issue: 'must be a positive number' },
      ],
    });
  });

  it('with a required field missing or empty is a bad_request that says so, as documented', async () => {
    const expected = {
      code: 'bad_request',
      message: "The 'orgCode' field is required.",
      details: [{ field: 'orgCode', issue: 'must not be empty' }],
    };
    expect((await post('/api/v1/one', { value: 1 })).body.error).toEqual(expected);
    expect((await post('/api/v1/one', { value: 1, orgCode: '' })).body.error).toEqual(expected);
    const both = (await post('/api/v1/one', {})).body.error;
    expect(both.message).toBe("The 'orgCode', 'value' fields are required.");
  });

  it('is answered with every offending field, by its path', async () => {
    const good = { orgCode: 'A', value: 1 };
    const events = [
      good,
      { orgCode: 'A' },
      { ...good, dimensions: { 'a/b': 7 } },
      { ...good, value: -1, at: 'yesterday' },
    ];
    const { status, body } = await post('/api/v1/many', { events });
    expect([status, body.error.code]).toEqual([400, 'validation_error']);
    expect(body.error.details).toEqual([
      { field: 'events[1].value', issue: 'must not be empty' },
      { field: 'events[2].dimensions.a/b', issue: 'must be a string' },
      { field: 'events[3].value', issue: 'must be a positive number' },
      { field: 'events[3].at', issue: 'must be an RFC 3339 timestamp such as 2026-03-18T10:30:00Z' },
    ]);
  });

  it('with a number out of range of a double is refused', async () => {
    const payload = '{"orgCode":"A","value":1e999}';
    const response = await app.inject({
      method: 'POST',
      url: '/api/v1/one',
      headers: { ...headers, 'content-type': 'application/json' },
      payload,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().error.details).toEqual([{ field: 'value', issue: 'must be a positive number' }]);
  });

  it('that is no object is refused', async () => {
    for (const payload of ['[]', '"x"', '7', 'null']) {
      const response = await app.inject({
        method: 'POST',
        url: '/api/v1/one',
        headers: { ...headers, 'content-type': 'application/json' },
        payload,
      });
      expect([response.statusCode, response.json().error.details[0].issue]).toEqual([400, 'must be an object']);
    }
  });

  it('that is absent is refused', async () => {
    const response = await app.inject({ method: 'POST', url: '/api/v1/one', headers });
    expect([response.statusCode, response.json().error.code]).toEqual([400, 'validation_error']);
  });

  it('with more than the allowed items is refused for that alone', async () => {
    const { body } = await post('/api/v1/many', { events: Array.from({ length: 1_001 }, () => 7) });
    expect(body.error.details).toEqual([{ field: 'events', issue: 'must have at most 1000 items' }]);
  });

  it('is answered with at most 100 issues, quickly', async () => {
    const startedAt = performance.now();
    const { body } = await post('/api/v1/many', { events: Array.from({ length: 1_000 }, () => ({})) });
    expect(body.error.details).toHaveLength(MAX_ISSUES);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('with a field that is not known is refused where the schema is closed', async () => {
    const { body } = await post('/api/v1/closed', { a: 1, b: 2 });
    expect(body.error.details).toEqual([{ field: 'b', issue: 'is not a known field' }]);
  });
});

describe('a query string and path parameters', () => {
  it('are coerced to what the schema says and completed with its defaults', async () => {
    expect(await get('/api/v1/find/7?all=true&tag=x')).toEqual({ id: 7, page: 1, all: true, tag: ['x'] });
  });

  it('are refused with every offending field and the values that are allowed', async () => {
    const { error } = await get('/api/v1/find/7?page=0&interval=decade');
    expect(error).toEqual({
      code: 'validation_error',
      message: 'Query string contains invalid fields.',
      details: [
        { field: 'page', issue: 'must be at least 1' },
        { field: 'interval', issue: 'must be one of hour, day' },
      ],
    });
    const path = await get('/api/v1/find/seven');
    expect(path.error.details).toEqual([{ field: 'id', issue: 'must be an integer' }]);
  });
});

describe('a number in text that is not finite', () => {
  it.each(['Infinity', '-Infinity', '1e999', '1'.repeat(400)])('is refused in a query: %s', async (text) => {
    expect((await get(`/api/v1/find/7?page=${text}`)).error).toMatchObject({
      code: 'validation_error',
      details: [{ field: 'page', issue: 'must be a finite number' }],
    });
  });

  it('is refused in a path', async () => {
    const { error } = await get('/api/v1/find/1e999');
    expect(error.details).toEqual([{ field: 'id', issue: 'must be a finite number' }]);
  });
});
