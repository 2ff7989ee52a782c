import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../../platform/http/server.ts';
import { jsonOrLines } from '../../../schemas/api/documented-bodies.ts';
import { buildTestServer } from '../../support/http-server.ts';

let app: HttpServer;
beforeAll(async () => {
  app = await buildTestServer();
  const body = Type.Object({ value: Type.Number() });
  app.post(
    '/api/v1/events',
    { config: { permission: 'ingest' }, schema: { summary: 'Ingest', tags: ['Events'], body } },
    () => 'ok',
  );
  app.get(
    '/api/v1/audit',
    { config: { permission: 'admin', extension: true }, schema: { description: 'Who did what.' } },
    () => 'ok',
  );
  const lines = { body, documented: { body: jsonOrLines(body, [{ value: 1 }]) } };
  app.post('/api/v1/lines', { config: { permission: 'ingest' }, schema: lines }, () => 'ok');
  app.get('/api/v1/open', { config: { permission: 'public' } }, () => 'ok');
  await app.ready();
});
afterAll(() => app.close());

/** What a page asks a browser to load. */
const loadedBy = (html: string) => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');

describe('GET /openapi.json', () => {
  it('describes the routes, who may call them and which are ours, and neither docs nor health', async () => {
    const document = (await app.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/v1/audit',
      '/api/v1/events',
      '/api/v1/lines',
      '/api/v1/open',
    ]);
    expect(document.paths['/api/v1/events'].post.security).toEqual([{ apiKey: [] }, { bearer: [] }]);
    expect(document.paths['/api/v1/open'].get.security).toEqual([]);
    expect(document.paths['/api/v1/audit'].get).toMatchObject({
      'x-tidemark-extension': true,
      description: '*Extension.* Who did what.',
    });
    expect(document.paths['/api/v1/events'].post).not.toHaveProperty('x-tidemark-extension');
  });
});

describe('what the pages show to be tried', () => {
  it.each([
    ['127.0.0.1:3001', 'http://127.0.0.1:3001'],
    ['localhost:3001', 'http://localhost:3001'],
    ['[::1]:3001', 'http://[::1]:3001'],
    ['tidemark.example', undefined],
    ['127.0.0.1"><script>', undefined],
  ])('has the address of %s where it is sure', async (host, url) => {
    const { servers } = (await app.inject({ url: '/openapi.json', headers: { host } })).json();
    expect(servers?.[0]?.url).toBe(url);
  });

  it('has none behind a proxy', async () => {
    const headers = { host: '127.0.0.1:3001', 'x-forwarded-host': 'tidemark.example' };
    expect((await app.inject({ url: '/openapi.json', headers })).json()).not.toHaveProperty('servers');
  });

  it('has lines as a type that Swagger UI leaves as they are', async () => {
    const typesOf = async (url: string) =>
      Object.keys((await app.inject({ url })).json().paths['/api/v1/lines'].post.requestBody.content);
    expect(await typesOf('/openapi.json')).toEqual(['application/json', 'application/x-ndjson']);
    expect(await typesOf('/api/json')).toEqual(['application/json', 'application/x-ndJSON']);
    expect(await typesOf('/openapi.json')).toEqual(['application/json', 'application/x-ndjson']);
  });
});

describe.each(['/api', '/api/', '/reference/'])('the page %s', (page) => {
  it('loads only what this server has, and is forbidden to load anything else', async () => {
    const response = await app.inject(page);
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const loaded = loadedBy(response.body);
    expect(loaded.length).toBeGreaterThan(0);
    for (const reference of loaded) {
      const url = new URL(reference, `http://localhost${page}`);
      expect(url.host).toBe('localhost');
      expect((await app.inject(url.pathname)).statusCode).toBe(200);
    }
    expect(response.body).not.toMatch(/https?:\/\/(?!localhost)/);
    const policy = String(response.headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:|\*/);
  });
});

describe('Scalar', () => {
  it('reads the document of this server and calls home for nothing', async () => {
    const { body } = await app.inject('/reference/');
    expect(body).toContain('"url": "/openapi.json"');
    expect(body).toContain('"telemetry": false');
    expect(body).toContain('"withDefaultFonts": false');
    expect((await app.inject('/reference')).headers.location).toBe('/reference/');
  });

  it('serves its page whatever the Host header says', async () => {
    const response = await app.inject({ url: '/reference/', headers: { host: 'a b<script>' } });
    expect(response.statusCode).toBe(200);
  });
});

describe('Swagger UI', () => {
  it('does not stand in the way of the API below its path', async () => {
    const api = await app.inject('/api/v1/open');
    expect([api.statusCode, api.body]).toEqual([200, 'ok']);
    expect((await app.inject('/api/v1/none')).json()).toHaveProperty('error.code', 'not_found');
  });

  it('asks no foreign validator', async () => {
    const { body } = await app.inject('/api/static/swagger-initializer.js');
    expect(body).toContain('validatorUrl: null');
    expect(body).not.toMatch(/https?:\/\/(?!stackoverflow)/);
  });
});
