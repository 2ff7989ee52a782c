import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addNdjsonBodies, type NdjsonBody, readBody } from '../../ingest/ndjson/body-stream.ts';
import { readChunks } from '../../ingest/ndjson/line-chunks.ts';
import { MAX_BODY_BYTES } from '../../platform/http/body-limits.ts';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import { DEFAULT_TIMEOUTS, TIMEOUT_CHECK_MS } from '../../platform/http/server.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { buildQueryApi } from '../../query-api/app.ts';
import { createControl } from '../../query-api/control/control.ts';
import { silentLog, testPepper } from '../support/control-plane.ts';
import { buildTestServer } from '../support/http-server.ts';
import { createInMemoryDirectory } from '../support/in-memory-directory.ts';
import { startTestIngest, TELEMETRY_KEY, type TestIngest } from '../support/ingest-app.ts';

const unused = (): never => expect.unreachable('a forwarded request needs no store');
const sql = createPostgres('postgres://nobody@127.0.0.1:1/none');
const line = JSON.stringify({ service: 's', level: 'info', message: 'x'.repeat(200) });
const lineCount = Math.ceil((2 * MAX_BODY_BYTES) / line.length);
const longBody = `${line}\n`.repeat(lineCount);

let ingest: TestIngest;
let ingestUrl: string;
let api: Awaited<ReturnType<typeof buildQueryApi>>;
let apiUrl: string;
beforeAll(async () => {
  ingest = await startTestIngest();
  ingestUrl = await ingest.app.listen({ host: '127.0.0.1', port: 0 });
  api = await buildQueryApi(
    {
      clickhouse: { select: unused, command: unused, insertNative: unused, ping: unused, close: unused } as never,
      directory: createInMemoryDirectory(),
      control: createControl({ sql, pepper: testPepper, now: Date.now }),
      deadLetters: { list: unused, replay: unused },
      pageTokens: createPageTokens(testPepper),
      now: Date.now,
      config: { rateLimits: false, requireHttps: false, ingestUrl },
      log: silentLog,
      metrics: createMetrics({ host: '127.0.0.1' }),
    },
    {},
  );
  apiUrl = await api.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await api.close();
  await ingest.app.close();
  await closePostgres(sql);
});

async function post(url: string, body: string) {
  const headers = { 'content-type': 'application/x-ndjson', 'x-api-key': TELEMETRY_KEY };
  const response = await fetch(`${url}/events/logs/batch`, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as object };
}

describe('a body of lines', () => {
  it('may be longer than other bodies, on the ingest port and on the API port', async () => {
    for (const url of [ingestUrl, apiUrl]) {
      expect(await post(url, longBody)).toEqual({ status: 202, body: { accepted: lineCount } });
    }
  });

  it('is answered when it ends at a bad line, however much of it is still to come', async () => {
    for (const url of [ingestUrl, apiUrl]) {
      expect(await post(url, `${line}\nbad\n${longBody}`)).toMatchObject({
        status: 400,
        body: { accepted: 1, line: 2 },
      });
    }
    expect((await post(ingestUrl, line)).status).toBe(202);
  });

  it('may take longer than other requests', async () => {
    const timeouts = { ...DEFAULT_TIMEOUTS, requestMs: TIMEOUT_CHECK_MS, headersMs: TIMEOUT_CHECK_MS };
    const server = await buildTestServer({ timeouts });
    await server.register(async (scope) => {
      addNdjsonBodies(scope as never);
      scope.post('/lines', { config: { permission: 'public' } }, async ({ body }) => {
        const count = async (pieces: AsyncIterable<Buffer>) => {
          let lines = 0;
          for await (const chunk of readChunks(pieces)) lines += chunk.lines.length;
          return { lines };
        };
        return readBody(body as NdjsonBody, count);
      });
    });
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const answer = await sendSlowly(Number(new URL(url).port), 3 * TIMEOUT_CHECK_MS);
    expect(answer).toContain('{"lines":2}');
    await server.close();
  });
});

/** Sends one line, and the second after a while. Resolves to the whole answer. */
function sendSlowly(port: number, afterMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  const head =
    'POST /lines HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\ncontent-length: 4\r\n\r\n';
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  socket.on('close', () => resolve(answer));
  socket.write(`${head}1\n`);
  const timer = setTimeout(() => socket.write('2\n'), afterMs);
  socket.once('close', () => clearTimeout(timer));
  return promise;
}
