import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError, badRequest, conflict, notFound, validationError } from '../../../platform/errors.ts';
import type { Family } from '../../../platform/http/route-config.ts';
import { type HttpServer, MAX_PARAM_LENGTH } from '../../../platform/http/server.ts';
import { isUnavailable } from '../../../platform/http/unavailable.ts';
import { LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { buildTestServer } from '../../support/http-server.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8123'), { code: 'ECONNREFUSED' });
const thrown: Record<string, unknown> = {
  bad: badRequest('Something is wrong.'),
  invalid: validationError('Request body contains invalid fields.', [
    { field: 'service', issue: 'must not be empty' },
    { field: 'level', issue: 'must be one of info, warn' },
  ]),
  missing: notFound(),
  conflict: conflict('It is so already.'),
  limited: new ApiError(429, { code: 'rate_limit_exceeded', message: 'Too many requests.', retryAfter: 12 }),
  log: new LogUnavailableError('no leader'),
  store: new Error('query failed', { cause: refused }),
  bug: new TypeError("Cannot read properties of undefined (reading 'secretColumn')"),
  text: 'SELECT * FROM secrets',
  nothing: undefined,
  odd: Object.assign(new Error('ENOENT: /etc/secret'), { statusCode: 404, code: 'ENOENT' }),
};
const families: Family[] = ['M', 'S', 'T', 'A'];

let app: HttpServer;
beforeAll(async () => {
  app = await buildTestServer();
  for (const family of families) {
    app.get(`/throw/${family}/:name`, { config: { permission: 'public', family } }, async ({ params }) => {
      throw thrown[(params as { name: string }).name];
    });
  }
  app.put('/api/v1/things/:id', { config: { permission: 'public' } }, () => 'ok');
  app.get('/files/*', { config: { permission: 'public' } }, () => 'ok');
});
afterAll(() => app.close());

const inject = (url: string, headers = {}) => app.inject({ url, headers: { 'x-request-id': 'r-1', ...headers } });

describe('an error', () => {
  it.each([
    ['M', 'bad', 400, { error: { code: 'bad_request', message: 'Something is wrong.' } }],
    ['S', 'bad', 400, { error: 'Something is wrong' }],
    ['T', 'bad', 400, { statusCode: 400, message: 'Something is wrong' }],
    ['A', 'bad', 400, { error: { code: 'bad_request', message: 'Something is wrong' } }],
    ['S', 'missing', 404, { error: 'The requested resource does not exist' }],
    ['T', 'conflict', 409, { statusCode: 409, message: 'It is so already' }],
    ['M', 'limited', 429, { error: { code: 'rate_limit_exceeded', message: 'Too many requests.', retryAfter: 12 } }],
    ['M', 'bug', 500, { error: { code: 'internal_error', message: 'Internal server error.' } }],
    ['S', 'bug', 500, { error: 'Internal server error', request_id: 'r-1' }],
    ['T', 'bug', 500, { statusCode: 500, message: 'Internal server error' }],
    ['A', 'bug', 500, { error: { code: 'internal_error', message: 'Internal server error' } }],
  ])('of family %s (%s) has status %i and the envelope of its family', async (family, name, ...expected) => {
    const response = await inject(`/throw/${family}/${name}`);
    expect([response.statusCode, response.json()]).toEqual(expected);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.headers['x-request-id']).toBe('r-1');
  });

  it('names every field: as details in M, in the sentence of the families that have none', async () => {
    const sentence =
      'Request body contains invalid fields: service: must not be empty; level: must be one of info, warn';
    expect((await inject('/throw/M/invalid')).json().error.details).toHaveLength(2);
    expect((await inject('/throw/S/invalid')).json()).toEqual({ error: sentence });
    expect((await inject('/throw/T/invalid')).json()).toEqual({ statusCode: 400, message: sentence });
  });

  it.each(['bug', 'text', 'nothing', 'odd'])(
    'that is not meant for clients (%s) is a plain 500 in which nothing of it shows',
    async (name) => {
      for (const family of families) {
        const response = await inject(`/throw/${family}/${name}`);
        expect(response.statusCode).toBe(500);
        expect(response.body).not.toMatch(/secret|SELECT|at |ENOENT|undefined/);
      }
    },
  );

  it.each(['log', 'store'])('that says a store is away (%s) is a 503 with Retry-After', async (name) => {
    const response = await inject(`/throw/M/${name}`);
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '1']);
    expect(response.json().error).toMatchObject({ code: 'unavailable', retryAfter: 1 });
  });
});

describe('an unknown address', () => {
  it('is a 404 in the envelope of the family its prefix belongs to', async () => {
    const unknown = await inject('/api/v1/unknown');
    expect([unknown.statusCode, unknown.json()]).toEqual([
      404,
      { error: { code: 'not_found', message: 'The requested resource does not exist.' } },
    ]);
    for (const url of ['/events/unknown', '/events', '/events?x=1']) {
      expect((await inject(url)).json()).toEqual({ statusCode: 404, message: 'The requested resource does not exist' });
    }
    expect((await inject('/eventsource')).json()).toHaveProperty('error.code', 'not_found');
  });

  it('is a 405 with the allowed methods when only the method is wrong, a wildcard route aside', async () => {
    const response = await inject('/v1/things/7?x=1');
    expect([response.statusCode, response.headers.allow]).toEqual([405, 'PUT']);
    expect(response.json().error.code).toBe('method_not_allowed');
    expect((await app.inject({ method: 'POST', url: '/files/x' })).statusCode).toBe(404);
    expect((await inject('/api/v1/things/7/8')).statusCode).toBe(404);
  });

  it('is a 400 when it is malformed and a 404 when a part of it is too long', async () => {
    const malformed = await inject('/%zz');
    expect([malformed.statusCode, malformed.json().error.code]).toEqual([400, 'bad_request']);
    expect(malformed.headers).toMatchObject({ 'x-request-id': 'r-1', 'cache-control': 'no-store' });
    const long = await app.inject({ method: 'PUT', url: `/api/v1/things/${'x'.repeat(MAX_PARAM_LENGTH + 1)}` });
    expect([long.statusCode, long.json().error.code]).toEqual([404, 'not_found']);
  });
});

describe('isUnavailable', () => {
  it('knows lost and refused connections, wherever in the chain of causes, and nothing else', () => {
    const coded = (code: string) => Object.assign(new Error(code), { code });
    for (const code of [
      'ECONNREFUSED',
      'CONNECTION_CLOSED',
      'CONNECT_TIMEOUT',
      '57P01',
      '57P03',
      '53100',
      '53200',
      '53300',
      '202',
    ]) {
      expect(isUnavailable(coded(code))).toBe(true);
    }
    expect(isUnavailable(new AggregateError([coded('ECONNREFUSED')]))).toBe(true);
    expect(isUnavailable(new Error('a', { cause: new Error('b', { cause: refused }) }))).toBe(true);
    for (const error of [coded('23505'), coded('ENOENT'), new Error('ECONNREFUSED'), 'ECONNREFUSED', undefined]) {
      expect(isUnavailable(error)).toBe(false);
    }
  });

  it('ends on an error that is its own cause', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(isUnavailable(error)).toBe(false);
  });
});
