import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_READ_SECONDS, READ_SETTINGS } from '../../query-api/read-settings.ts';
import { read } from '../../query-api/store.ts';
import { timeUntil } from '../support/control-plane.ts';
import { acme, type QueryStack, startQueryStack, type TestEvent, testNow } from '../support/query-stack.ts';

let stack: QueryStack;
const params = { tenants: [acme.id] };
const ours = "WITH 'org_acme' AS tenant SELECT";
const SLOW = `${ours} count() AS slow FROM numbers(1000000000000) WHERE sipHash64(number) = 0 AND tenant IN {tenants:Array(String)}`;

beforeAll(async () => {
  stack = await startQueryStack();
});
afterAll(() => stack.close());

const runningSlow = async (): Promise<number> => {
  const running = await stack.writer.select<{ count: number }>(
    "SELECT count() AS count FROM system.processes WHERE user = 'tidemark_reader'",
  );
  return running[0]?.count ?? 0;
};

describe('a read', () => {
  it('is bounded in time and rows', () => {
    expect(READ_SETTINGS).toMatchObject({ max_execution_time: MAX_READ_SECONDS, max_result_rows: '100000' });
  });

  it('stops in the engine when the client is gone', async () => {
    const client = new AbortController();
    const reading = read(stack.reader, { query: SLOW, params, signal: client.signal });
    reading.catch(() => undefined);
    await timeUntil(async () => (await runningSlow()) > 0, 5_000);
    client.abort();
    await expect(reading).rejects.toThrow();
    expect(await timeUntil(async () => (await runningSlow()) === 0, 5_000)).toBeLessThan(5_000);
  });

  it('that returns too much is answered with 503 and the advice to narrow the range', async () => {
    const signal = new AbortController().signal;
    const query = `${ours} number FROM numbers(100001) WHERE tenant IN {tenants:Array(String)}`;
    await expect(read(stack.reader, { query, params, signal })).rejects.toMatchObject({
      statusCode: 503,
      retryAfter: 5,
      message: expect.stringContaining('narrow the range'),
    });
  });

  it('cannot write', async () => {
    await expect(stack.reader.command('TRUNCATE TABLE events')).rejects.toThrow();
  });
});

describe('the API over a socket', () => {
  it('answers, also after another client hung up in the middle of its request', async () => {
    const event: TestEvent = { tenant: acme, capability: 'P2P', metric: 'CycleTime', at: testNow, value: 1 };
    await stack.insert([event]);
    const url = new URL(await stack.app.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(url.port), '127.0.0.1');
    socket.write('GET /api/v1/events HTTP/1.1\r\nhost: x\r\nx-api-key: k-query\r\n\r\n', () => socket.destroy());
    const response = await fetch(new URL('/api/v1/events', url), { headers: { 'x-api-key': 'k-query' } });
    expect([response.status, await response.json()]).toMatchObject([200, { meta: { totalCount: 1 } }]);
  });

  it('says whether it is ready', async () => {
    const ready = await stack.app.inject('/health/ready');
    expect([ready.statusCode, ready.json()]).toMatchObject([200, { checks: { clickhouse: { status: 'ok' } } }]);
    expect((await stack.app.inject('/health')).statusCode).toBe(200);
  });
});
