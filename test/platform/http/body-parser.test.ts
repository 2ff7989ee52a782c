import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, MIN_INFLATE_BOUND_BYTES } from '../../../platform/http/body-limits.ts';
import { parseJson } from '../../../platform/http/body-parser.ts';
import { inflateBody, inflateBound } from '../../../platform/http/inflate.ts';
import type { HttpServer } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

let app: HttpServer;
beforeAll(async () => {
  app = await buildTestServer();
  const config = { permission: 'ingest' } as const;
  app.post('/api/v1/echo', { config, schema: { body: Type.Unknown() } }, ({ body }) => ({ body }));
  app.post('/api/v1/action', { config }, () => ({ done: true }));
  app.delete('/api/v1/thing', { config }, () => ({ done: true }));
});
afterAll(() => app.close());

const key = { 'x-api-key': 'k-ingest' };
const json = { ...key, 'content-type': 'application/json' };
const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: '/api/v1/echo', headers: { ...json, ...headers }, payload });

const badRequest = (message: string) => ({ error: { code: 'bad_request', message } });

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('__proto__'));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads text beyond ASCII and beyond Latin-1', () => {
    expect(parseJson(Buffer.from('{"name":"Zürich 東京 🌊"}'))).toEqual({ name: 'Zürich 東京 🌊' });
  });
});

describe('a JSON body', () => {
  it('reaches the handler as it is', async () => {
    const response = await post('{"a":[1,"x",null]}');
    expect(response.json()).toEqual({ body: { a: [1, 'x', null] } });
  });

  it('is refused with the position where it stops being JSON', async () => {
    const response = await post('{"a":1,,}');
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual(badRequest('Request body is not valid JSON: unexpected character at position 7.'));
  });

  it('is refused when it is empty and the route wants one', async () => {
    const response = await post('');
    expect([response.statusCode, response.json()]).toEqual([400, badRequest('Request body must not be empty.')]);
  });

  it('may be empty where the route wants none, whatever the content type says', async () => {
    const action = await app.inject({ method: 'POST', url: '/api/v1/action', headers: json });
    const removal = await app.inject({ method: 'DELETE', url: '/api/v1/thing', headers: json });
    expect([action.statusCode, removal.statusCode]).toEqual([200, 200]);
  });

  it('is refused when it is not UTF-8', async () => {
    const response = await post(Buffer.from([0x22, 0xc3, 0x28, 0x22]));
    expect([response.statusCode, response.json()]).toEqual([400, badRequest('Request body is not valid UTF-8.')]);
  });

  it('is refused when a string in it, even as a key, holds a lone surrogate, naming the field', async () => {
    const value = await post('{"events":[{"orgCode":"A"},{"orgCode":"\\ud800"}]}');
    expect([value.statusCode, value.json().error.code]).toEqual([400, 'validation_error']);
    expect(value.json().error.details).toEqual([
      { field: 'events[1].orgCode', issue: 'must be well-formed Unicode text' },
    ]);
    expect((await post('{"dimensions":{"a\\uDFFF":"x"}}')).statusCode).toBe(400);
    expect((await post('{"a":"\\uD83C\\uDF0A"}')).json()).toEqual({ body: { a: '🌊' } });
  });

  it('is refused when it is a depth bomb, has 65 keys in an object, or a key that reaches a prototype', async () => {
    const keys = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 1]));
    const bombs = [
      '['.repeat(1_000_000),
      '{"a":'.repeat(100_000),
      JSON.stringify(keys),
      '{"__proto__":{"x":1}}',
      '{"constructor":{"prototype":1}}',
    ];
    for (const bomb of bombs) {
      const response = await post(bomb);
      expect([response.statusCode, response.json().error.code]).toEqual([400, 'bad_request']);
    }
  });

  it('may have 4 MiB and not one byte more', async () => {
    const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect((await post(text(MAX_BODY_BYTES))).statusCode).toBe(200);
    const response = await post(text(MAX_BODY_BYTES + 1));
    expect([response.statusCode, response.json().error.code]).toEqual([413, 'payload_too_large']);
  });

  it('is refused with 415 under another content type, or none', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
      const response = await post('{}', { 'content-type': type });
      expect([response.statusCode, response.json().error.code]).toEqual([415, 'unsupported_media_type']);
    }
    const untyped = await app.inject({ method: 'POST', url: '/api/v1/echo', headers: key, payload: Buffer.from('{}') });
    expect(untyped.statusCode).toBe(415);
  });

  it('is not even read when there is no route for it', async () => {
    const response = await app.inject({ method: 'POST', url: '/api/v1/none', headers: json, payload: '{{{' });
    expect(response.statusCode).toBe(404);
  });
});

describe('a compressed body', () => {
  const value = { events: [{ orgCode: 'ACME', value: 1 }] };
  const text = JSON.stringify(value);

  it.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
  ])('in %s reaches the handler inflated', async (encoding, payload) => {
    const response = await post(payload, { 'content-encoding': encoding });
    expect(response.json()).toEqual({ body: value });
  });

  it('is refused with 415 in an unknown encoding', async () => {
    for (const encoding of ['zstd', 'gzip, gzip', 'constructor']) {
      const response = await post(gzipSync(text), { 'content-encoding': encoding });
      expect([response.statusCode, response.json().error.code]).toEqual([415, 'unsupported_media_type']);
    }
  });

  it('is refused when it is not what its encoding says, or cut off', async () => {
    for (const payload of [Buffer.from('plain'), gzipSync(text).subarray(0, 20)]) {
      const response = await post(payload, { 'content-encoding': 'gzip' });
      expect([response.statusCode, response.json()]).toEqual([400, badRequest('Request body is not valid gzip data.')]);
    }
  });

  it('is refused with 413 when it is a bomb, without inflating it', async () => {
    const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024, ' '), { level: 1 });
    const before = process.memoryUsage.rss();
    const response = await post(bomb, { 'content-encoding': 'gzip' });
    expect([response.statusCode, response.json().error.code]).toEqual([413, 'payload_too_large']);
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('may grow by 50 and to 4 MiB, small ones to 16 KiB', async () => {
    expect(inflateBound(10)).toBe(MIN_INFLATE_BOUND_BYTES);
    expect(inflateBound(10_000)).toBe(500_000);
    expect(inflateBound(1_000_000)).toBe(MAX_BODY_BYTES);
    const small = gzipSync(Buffer.alloc(MIN_INFLATE_BOUND_BYTES, ' '));
    expect(await inflateBody(small, 'gzip')).toHaveLength(MIN_INFLATE_BOUND_BYTES);
    await expect(inflateBody(gzipSync(Buffer.alloc(1_000_000, ' ')), 'gzip')).rejects.toMatchObject({
      statusCode: 413,
    });
  });
});
