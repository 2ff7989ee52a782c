import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from '../../cli/client.ts';

let server: Server | undefined;
afterEach(() => server?.close());

const said: string[] = [];
const pauses: number[] = [];
const io = {
  err: (text: string) => void said.push(text),
  sleep: async (durationMs: number) => void pauses.push(durationMs),
};

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A client of a server that gives these answers one after the other, and the requests it got. */
async function clientOf(answers: (Answer | 'cut')[], retries = 3) {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    const answer = answers[Math.min(requests.push(request), answers.length) - 1];
    if (answer === undefined || answer === 'cut') return void request.destroy();
    response.writeHead(answer.status, answer.headers);
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  };
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  said.length = 0;
  pauses.length = 0;
  const retry = { retries, firstDelayMs: 100, maxDelayMs: 300 };
  return { client: createClient({ url, key: 'mk_live_x', io, retry }), requests, url };
}

describe('a client', () => {
  it('waits as long as the server says and asks again with the same idempotency key', async () => {
    const refusal = { status: 429, headers: { 'retry-after': '7' }, body: { error: { message: 'Too many.' } } };
    const { client, requests } = await clientOf([refusal, { status: 503 }, 'cut', { status: 200, body: { ok: 1 } }]);
    expect(await client.post('/api/v1/keys', {})).toEqual({ ok: 1 });
    expect(requests).toHaveLength(4);
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(pauses[0]).toBeGreaterThanOrEqual(7_000);
    expect(pauses[0]).toBeLessThan(7_200);
    expect(pauses[2]).toBeLessThanOrEqual(300);
    expect(said[0]).toMatch(/^429 Too many\.; next try in 7\.\d s\n$/);
  });

  it('gives up after its tries, as the server said it last', async () => {
    const { client, requests } = await clientOf([{ status: 503, body: { error: 'busy', request_id: 'r' } }], 2);
    await expect(client.get('/x')).rejects.toMatchObject({ exitCode: 1, message: '503 busy' });
    expect(requests).toHaveLength(3);
  });

  it.each([
    {
      status: 401,
      body: { error: { message: 'Invalid or missing API key.' } },
      exitCode: 3,
      shown: 'key. Check --key',
    },
    { status: 403, body: { error: 'missing required scope' }, exitCode: 3, shown: '403 missing required scope' },
    { status: 404, body: { statusCode: 404, message: 'Not there' }, exitCode: 4, shown: '404 Not there' },
    { status: 409, body: { error: { message: 'Exists.' } }, exitCode: 4, shown: '409 Exists.' },
    { status: 500, body: '<html>', exitCode: 1, shown: '500 Internal Server Error' },
  ])('tells a $status at once in the words of the server', async ({ status, body, exitCode, shown }) => {
    const { client, requests } = await clientOf([{ status, body, headers: { 'x-request-id': 'req_1' } }]);
    const error = await client.get('/x').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ exitCode, message: expect.stringContaining(shown) });
    expect(String(error)).toContain('(request req_1)');
    expect(requests).toHaveLength(1);
  });

  it('says at once that nothing listens, that a host is unknown, or that it is no API', async () => {
    const { url } = await clientOf([]);
    server?.close();
    const messageAt = (address: string) =>
      createClient({ url: address, key: 'k', io })
        .get('/x')
        .catch((error: Error) => error.message);
    expect(await messageAt(url)).toContain(`nothing listens at ${url}: is Tidemark running?`);
    expect(await messageAt('http://no-such-host.invalid')).toContain('there is no host no-such-host.invalid');
    const page = await clientOf([{ status: 200, body: '<html>' }]);
    await expect(page.client.get('/x')).rejects.toThrow('does not answer in JSON');
    expect(() => createClient({ url: 'ftp://x', key: 'k', io })).toThrow("'ftp://x' is no address of the API");
  });

  it('follows no redirect, which would hand its key to another server', async () => {
    const { client } = await clientOf([{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }]);
    await expect(client.get('/x')).rejects.toThrow(/cannot be reached/);
  });

  it('keeps the path of an address behind a proxy', async () => {
    const { requests, url } = await clientOf([{ status: 200 }]);
    await createClient({ url: `${url}/tidemark`, key: 'k', io }).get('/api/v1/metrics', { from: 'a b', to: undefined });
    expect(requests[0]?.url).toBe('/tidemark/api/v1/metrics?from=a+b');
  });
});
