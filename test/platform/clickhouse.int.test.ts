import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouseQueryError, ClickHouseUnavailableError, createClickHouse } from '../../platform/clickhouse.ts';
import { isUnavailable } from '../../platform/http/unavailable.ts';
import { type Analytics, startAnalytics } from '../support/analytics.ts';

let analytics: Analytics;
beforeAll(async () => {
  analytics = await startAnalytics();
});
afterAll(() => analytics.stop());

describe('ClickHouse client', () => {
  it('reads rows with typed parameters, 64-bit integers as numbers', async () => {
    const rows = await analytics.clickhouse.select(
      'SELECT {n:UInt64} AS n, {text:String} AS text, {list:Array(String)} AS list',
      { n: 2 ** 40, text: "it's\n{x}", list: ['a', "b'"] },
    );
    expect(rows).toEqual([{ n: 2 ** 40, text: "it's\n{x}", list: ['a', "b'"] }]);
  });

  it('passes settings', async () => {
    const read = analytics.clickhouse.select('SELECT * FROM numbers(10)', {}, { settings: { max_result_rows: '5' } });
    await expect(read).rejects.toThrow(ClickHouseQueryError);
  });

  it('tells a refused query by its number', async () => {
    const error = await analytics.clickhouse.select('SELECT nothing').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClickHouseQueryError);
    expect((error as ClickHouseQueryError).code).toBe(47);
    expect(isUnavailable(error)).toBe(false);
  });

  it('tells a server that is not there', async () => {
    const away = createClickHouse('http://writer:secret@127.0.0.1:1/tidemark');
    const error = await away.ping().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClickHouseUnavailableError);
    expect(isUnavailable(error)).toBe(true);
    expect(String(error)).not.toContain('secret');
    await away.close();
  });

  it('gives up on a server that does not answer', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const client = createClickHouse(`http://127.0.0.1:${port}/tidemark`, { requestTimeoutMs: 50 });
    const error = await client.select('SELECT 1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ClickHouseUnavailableError);
    expect(isUnavailable(error)).toBe(true);
    await client.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('rejects with the reason of a signal', async () => {
    const controller = new AbortController();
    const read = analytics.clickhouse.select('SELECT sleep(3)', {}, { signal: controller.signal });
    controller.abort(new Error('the client is gone'));
    await expect(read).rejects.toThrow('the client is gone');
  });

  it('answers a ping', async () => {
    await expect(analytics.clickhouse.ping()).resolves.toBeUndefined();
  });
});
