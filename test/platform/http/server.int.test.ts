import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS, type HttpServer, type Timeouts } from '../../../platform/http/server.ts';
import { buildTestServer } from '../../support/http-server.ts';

const quick: Timeouts = { requestMs: 600, headersMs: 300, connectionMs: 5_000, keepAliveMs: 5_000 };
/** Time-outs are looked for once a second. */
const maxLatenessMs = 2_500;

let app: HttpServer | undefined;
let arrived = 0;
let release = () => {};
afterEach(() => app?.close());

async function listen(): Promise<number> {
  arrived = 0;
  const server = await buildTestServer({ timeouts: quick });
  server.post('/api/v1/events', { config: { permission: 'ingest' } }, () => 'ok');
  server.get('/api/v1/slow', { config: { permission: 'public' } }, async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return 'done';
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  server.server.on('request', () => arrived++);
  app = server;
  return (server.server.address() as AddressInfo).port;
}

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** All the server says until it closes the socket, and how long that took. */
async function readToEnd(socket: Socket): Promise<{ text: string; durationMs: number }> {
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return { text: Buffer.concat(chunks).toString(), durationMs: performance.now() - startedAt };
}

const bodyOf = (text: string) => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
const head = 'POST /api/v1/events HTTP/1.1\r\nhost: x\r\nx-api-key: k-ingest\r\ncontent-type: application/json\r\n';

describe('a sender that is too slow', () => {
  it('with its body is answered 408 and closed, however often it sends a byte', async () => {
    const socket = await open(await listen(), `${head}content-length: 1000\r\n\r\n[`);
    const drip = setInterval(() => socket.write(' '), 50);
    socket.on('error', () => clearInterval(drip));
    const { text, durationMs } = await readToEnd(socket);
    clearInterval(drip);
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(text).toMatch(/\r\nx-request-id: req_/);
    expect(bodyOf(text).error.code).toBe('request_timeout');
    expect(durationMs).toBeLessThan(quick.requestMs + maxLatenessMs);
  });

  it('with its headers is closed sooner', async () => {
    const { text, durationMs } = await readToEnd(await open(await listen(), 'POST /api/v1/events HTTP/1.1\r\nhost'));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(durationMs).toBeLessThan(quick.headersMs + maxLatenessMs);
  });

  it('has 15 seconds for a request and 5 for its headers unless a test says otherwise', () => {
    expect(DEFAULT_TIMEOUTS).toMatchObject({ requestMs: 15_000, headersMs: 5_000 });
  });
});

describe('what is no HTTP', () => {
  it('is answered 400 in an envelope and closed', async () => {
    const { text } = await readToEnd(await open(await listen(), 'what is this\r\n\r\n'));
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(bodyOf(text)).toEqual({ error: { code: 'bad_request', message: 'The request is malformed.' } });
  });

  it('is answered 431 when it is 16 KiB of headers', async () => {
    const { text } = await readToEnd(await open(await listen(), `${head}x: ${'y'.repeat(20_000)}\r\n\r\n`));
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(bodyOf(text).error.code).toBe('headers_too_large');
  });

  it('does not end the server', async () => {
    const port = await listen();
    const socket = await open(port, `${head}content-length: 10\r\n\r\n[`);
    socket.resetAndDestroy();
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    expect(await response.text()).toBe('OK');
  });
});

describe('a server that is shutting down', () => {
  it('finishes what it has begun, answers 503 to what still comes, and then closes', async () => {
    const port = await listen();
    const socket = await open(port, 'GET /api/v1/slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => arrived).toBe(1);
    const closing = app?.close();
    await expect.poll(() => app?.server.listening).toBe(false);
    socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => arrived).toBe(2);
    release();
    const { text } = await readToEnd(socket);
    await closing;
    expect(text).toContain('done');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503']);
    expect(text).toContain('The service is shutting down.');
  });

  it('is not held up by a connection that falls idle only then', async () => {
    const port = await listen();
    const socket = await open(port, 'GET /api/v1/slow HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => arrived).toBe(1);
    const closing = app?.close();
    const startedAt = performance.now();
    release();
    const { text } = await readToEnd(socket);
    await closing;
    expect(text).toContain('done');
    expect(performance.now() - startedAt).toBeLessThan(quick.keepAliveMs / 2);
  });
});
