import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES } from '../../platform/http/body-limits.ts';
import { createPeerSeals, PEER_HEADER } from '../../platform/http/forwarded-peer.ts';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { buildQueryApi } from '../../query-api/app.ts';
import { createControl } from '../../query-api/control/control.ts';
import { MAX_OTLP_BODY_BYTES } from '../../schemas/api/otlp.ts';
import { silentLog, testPepper } from '../support/control-plane.ts';
import { createInMemoryDirectory } from '../support/in-memory-directory.ts';

interface Received {
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

const received: Received[] = [];
let answer = { status: 201, headers: {} as Record<string, string>, body: '{"accepted":2}' };
const upstream = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    received.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body);
  });
  // A request that breaks off ends here, as it would in the ingest tier.
  request.on('error', () => response.destroy());
});
const sql = createPostgres('postgres://nobody@127.0.0.1:1/none');

async function startApi(ingestUrl: string | undefined) {
  const app = await buildQueryApi(
    {
      clickhouse: { select: unused, command: unused, insertNative: unused, ping: unused, close: unused } as never,
      directory: createInMemoryDirectory(),
      control: createControl({ sql, pepper: testPepper, now: Date.now }),
      deadLetters: { list: unused, replay: unused },
      pageTokens: createPageTokens(testPepper),
      now: Date.now,
      config: { rateLimits: false, requireHttps: false, ...(ingestUrl === undefined ? {} : { ingestUrl }) },
      log: silentLog,
      metrics: createMetrics({ host: '127.0.0.1' }),
    },
    {},
  );
  return { app, url: await app.listen({ host: '127.0.0.1', port: 0 }) };
}
const unused = (): never => expect.unreachable('a forwarded request needs no store');

let api: Awaited<ReturnType<typeof startApi>>;
beforeAll(async () => {
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  api = await startApi(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
});
afterEach(() => {
  received.length = 0;
  answer = { status: 201, headers: {}, body: '{"accepted":2}' };
});
afterAll(async () => {
  await Promise.all([api.app.close(), closePostgres(sql)]);
  upstream.close();
});

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${api.url}/api/v1/events/batch?wait=stored`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'x-api-key': 'k', ...headers },
  });

describe('POST /api/v1/events on the API port', () => {
  it('hands the request to the ingest tier as it is and answers what that answers', async () => {
    answer = { status: 201, headers: { 'x-ratelimit-limit': '5000', 'x-tidemark-stored': 'true' }, body: '{"a":1}' };
    const broken = '{"not json';
    const response = await post(broken, { 'idempotency-key': 'one', 'x-forwarded-for': '10.0.0.9' });
    expect([response.status, await response.text()]).toEqual([201, '{"a":1}']);
    expect(response.headers.get('x-ratelimit-limit')).toBe('5000');
    expect(response.headers.get('x-tidemark-stored')).toBe('true');
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      url: '/api/v1/events/batch?wait=stored',
      body: broken,
      headers: { 'x-api-key': 'k', 'idempotency-key': 'one', 'x-forwarded-for': '10.0.0.9, 127.0.0.1' },
    });
    expect(received[0]?.headers['x-request-id']).toBe(response.headers.get('x-request-id'));
  });

  it('does so with telemetry, and answers in its envelope when it cannot', async () => {
    answer = { status: 202, headers: {}, body: '{"accepted":1}' };
    const init = { method: 'POST', body: '[{}]', headers: { 'x-organization-id': 'ACME' } };
    const response = await fetch(`${api.url}/events/logs/batch`, init);
    expect([response.status, await response.json()]).toEqual([202, { accepted: 1 }]);
    expect(received[0]).toMatchObject({
      url: '/events/logs/batch',
      body: '[{}]',
      headers: { 'x-organization-id': 'ACME' },
    });
    const lonely = await startApi(undefined);
    const refused = await fetch(`${lonely.url}/events/metrics`, init);
    expect([refused.status, await refused.json()]).toMatchObject([503, { statusCode: 503 }]);
    await lonely.app.close();
  });

  it('does so with OTLP of up to 20 MiB, while what is read at the same address is its own', async () => {
    answer = { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: '' };
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
    const large = Buffer.alloc(MAX_BODY_BYTES + 1, 'x');
    const response = await fetch(`${api.url}/v1/metrics`, { method: 'POST', body: large, headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-protobuf']);
    expect(received[0]).toMatchObject({ url: '/v1/metrics', headers });
    expect(received[0]?.body.length).toBe(large.length);
    expect((await fetch(`${api.url}/v1/metrics`)).status).toBe(401);
    const tooLarge = Buffer.alloc(MAX_OTLP_BODY_BYTES + 1);
    const refused = await fetch(`${api.url}/v1/logs`, { method: 'POST', body: tooLarge, headers }).catch(
      () => undefined,
    );
    // The answer comes while the client is still sending, which it may see as a broken connection.
    expect([413, undefined]).toContain(refused?.status);
    expect(received).toHaveLength(1);
    const lonely = await startApi(undefined);
    const unserved = await fetch(`${lonely.url}/v1/traces`, { method: 'POST', body: '{}' });
    expect([unserved.status, await unserved.json()]).toMatchObject([503, { code: 14 }]);
    await lonely.app.close();
  });

  it('keeps the request id of the client and drops what belongs to the connection', async () => {
    const request = httpRequest(`${api.url}/v1/events`, {
      method: 'POST',
      headers: { 'x-request-id': 'mine-1', te: 'trailers', 'x-hop': 'yes', connection: 'close, x-hop' },
    });
    request.end('{}');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.headers['x-request-id']).toBe('mine-1');
    expect(received[0]).toMatchObject({ url: '/api/v1/events', headers: { 'x-request-id': 'mine-1' } });
    expect(received[0]?.headers).not.toHaveProperty('te');
    expect(received[0]?.headers).not.toHaveProperty('x-hop');
  });

  it('passes errors of the ingest tier on, without trying again', async () => {
    answer = { status: 503, headers: { 'retry-after': '7' }, body: '{"error":{"code":"unavailable"}}' };
    const response = await post('{}');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
    expect(received).toHaveLength(1);
  });

  it('refuses a body that is too large before it is sent', async () => {
    const response = await post(' '.repeat(MAX_BODY_BYTES + 1));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'payload_too_large' } });
    expect(received).toEqual([]);
  });

  it('answers 503 with Retry-After when the ingest tier is down or none is configured', async () => {
    const gone = createServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    for (const ingestUrl of [`http://127.0.0.1:${port}`, undefined]) {
      const lonely = await startApi(ingestUrl);
      const response = await fetch(`${lonely.url}/api/v1/events`, { method: 'POST', body: '{}' });
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } });
      await lonely.app.close();
    }
  });

  it('survives a client that goes away in the middle of its body', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /api/v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a"',
    );
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect((await post('{}')).status).toBe(201);
  });
});

describe('the document and the front page', () => {
  it('list the ingest routes beside the others', async () => {
    const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as { paths: Record<string, object> };
    expect(Object.keys(paths['/api/v1/events'] ?? {}).sort()).toEqual(['get', 'post']);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/events/batch',
        '/api/v1/metrics',

        '/api/v1/metrics/{id}/series',
      ]),
    );
  });

  it('is a page that links to documents and health, all of which answer', async () => {
    const page = await (await fetch(`${api.url}/`)).text();
    const links = [...page.matchAll(/href="([^"]+)"/g)].map((match) => match[1]);
    expect(links).toHaveLength(4);
    for (const link of links) expect((await fetch(`${api.url}${link}`)).status, link).toBe(200);
  });
});

describe('POST /api/v1/alerts/webhook on the API port', () => {
  it.each(['/api/v1/alerts/webhook', '/v1/alerts/webhook', '/t/acme-corp/api/v1/alerts/webhook'])(
    '%s is handed on with the address it came from, sealed, whatever the client says of it',
    async (path) => {
      answer = { status: 200, headers: {}, body: '{"status":"ok"}' };
      const request = httpRequest(`${api.url}${path}`, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', [PEER_HEADER]: 'forged', connection: `close, ${PEER_HEADER}` },
      });
      request.end('{"alerts":[]}');
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(200);
      const { url, headers = {}, body } = received[0] ?? {};
      expect([url, body]).toEqual([path.replace(/^\/v1/, '/api/v1'), '{"alerts":[]}']);
      const seals = createPeerSeals(createPageTokens(testPepper));
      const seen = seals.open({ headers, id: headers['x-request-id'] } as never);
      expect(seen).toEqual({ address: '127.0.0.1', isProxied: false });
    },
  );

  it.each(['/t/..%2f../api/v1/alerts/webhook', '/t/%2e%2e/api/v1/alerts/webhook', '/t/a%2e./api/v1/alerts/webhook'])(
    'hands no path on that could become another one: %s',
    async (path) => {
      const { port } = new URL(api.url);
      const headers = { 'content-type': 'application/json' };
      const asked = httpRequest({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
      asked.end('{"alerts":[]}');
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      expect(response.statusCode).toBe(404);
      expect(received).toEqual([]);
    },
  );
});
