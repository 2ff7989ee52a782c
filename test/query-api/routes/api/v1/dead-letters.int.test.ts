import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../../../../platform/log-store/log-store.ts';
import { DEAD_LETTER_LIMITS } from '../../../../../schemas/api/dead-letters.ts';
import { decodeEventBatch, encodeEventBatch } from '../../../../../schemas/events/event-batch-codec.ts';
import { TOPICS } from '../../../../../schemas/topics.ts';
import { insertKey, insertTenant } from '../../../../support/control-data.ts';
import { createBatch } from '../../../../support/event-batches.ts';
import { waitFor } from '../../../../support/processes.ts';
import { startQueryApi, type TestQueryApi } from '../../../../support/query-api-app.ts';

const at = Date.UTC(2026, 2, 19, 12);
const unauthorized = { error: { code: 'unauthorized', message: 'Invalid or missing API key.' } };
const noScope = { error: { code: 'forbidden', message: 'API key does not have the required scope.' } };
const missing = { error: { code: 'not_found', message: 'The requested resource does not exist.' } };
let api: TestQueryApi;
let operator: string;
let tenantAdmin: string;

beforeAll(async () => {
  api = await startQueryApi(() => at);
  operator = (await insertKey(api.sql, { permissions: ['ingest', 'query', 'admin', 'platform'] })).text;
  const tenant = await insertTenant(api.sql, 'ACME');
  tenantAdmin = (await insertKey(api.sql, { permissions: ['ingest', 'query', 'admin'], tenants: [tenant] })).text;
});
afterAll(() => api.close());
beforeEach(async () => {
  await api.sql`DELETE FROM dead_letters`;
});

async function call(method: 'GET' | 'POST', url: string, key: string | null = operator) {
  const headers = key === null ? {} : { 'x-api-key': key };
  const response = await api.app.inject({ method, url: `/api/v1/dead-letters${url}`, headers });
  return { status: response.statusCode, body: response.json() };
}

interface Filed {
  value?: Uint8Array;
  valueBytes?: number;
  reason?: string;
}

async function file(offset: number, { value = Buffer.from('poison'), valueBytes, reason = 'malformed' }: Filed = {}) {
  await api.sql`
    INSERT INTO dead_letters (topic, partition, log_offset, reason, appended_at, value_bytes, value)
    VALUES (${TOPICS.events}, 2, ${offset}, ${reason}, ${new Date(at + offset)}, ${valueBytes ?? value.length}, ${Buffer.from(value)})`;
}

const idOf = (offset: number) => `${TOPICS.events}:2:${offset}`;
const replay = (offset: number, key?: string | null) => call('POST', `/${idOf(offset)}/replay`, key);
const next = async () => (await api.broker.open().bounds(TOPICS.events, 2)).next;

describe('dead letters', () => {
  it('are only for keys that span the platform', async () => {
    await file(1);
    for (const send of [(key: string | null) => call('GET', '', key), (key: string | null) => replay(1, key)]) {
      for (const key of [null, 'mk_live_nonsense'])
        expect(await send(key)).toEqual({ status: 401, body: unauthorized });
      expect(await send(tenantAdmin)).toEqual({ status: 403, body: noScope });
    }
    expect(await next()).toBe(0);
  });

  it('are listed newest first with where they stood and why, a page at a time', async () => {
    for (const offset of [1, 2, 3]) await file(offset, { reason: 'unknown_schema' });
    const { status, body } = await call('GET', '?pageSize=2');
    expect(status).toBe(200);
    expect(body.meta).toEqual({ page: 1, pageSize: 2, totalCount: 3 });
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([idOf(3), idOf(2)]);
    expect(body.data[0]).toEqual({
      id: 'tidemark.events.v1:2:3',
      reason: 'unknown_schema',
      topic: 'tidemark.events.v1',
      partition: 2,
      offset: 3,
      appendedAt: '2026-03-19T12:00:00.003Z',
      valueBytes: 6,
      valueBase64: Buffer.from('poison').toString('base64'),
      replayedAt: null,
    });
    expect((await call('GET', '?pageSize=2&page=2')).body.data).toHaveLength(1);
    expect((await call('GET', '?page=9')).body).toMatchObject({ data: [], meta: { totalCount: 3 } });
    expect((await call('GET', `?pageSize=${DEAD_LETTER_LIMITS.pageSize + 1}`)).status).toBe(400);
    expect((await call('GET', '?page=0')).body.error.code).toBe('validation_error');
  });

  it('show only the first bytes of a large record', async () => {
    const value = Buffer.alloc(DEAD_LETTER_LIMITS.shownBytes + 1, 7);
    await file(1, { value });
    const [letter] = (await call('GET', '')).body.data;
    expect(letter.valueBytes).toBe(value.length);
    expect(Buffer.from(letter.valueBase64, 'base64')).toEqual(value.subarray(0, -1));
  });
});

describe('a replay', () => {
  it('appends the events to the partition they were in, and a second one changes nothing', async () => {
    const batch = createBatch(['a', 'b']);
    await file(5, { value: encodeEventBatch(batch) });
    const offset = await next();
    const replayed = { id: idOf(5), status: 'replayed', topic: TOPICS.events, partition: 2, offset };
    const replayedAt = new Date(at).toISOString();
    expect(await replay(5)).toEqual({ status: 200, body: { ...replayed, replayedAt, repeated: false } });
    expect(await replay(5)).toEqual({ status: 200, body: { ...replayed, replayedAt, repeated: true } });
    expect(await next()).toBe(offset + 1);
    expect((await call('GET', '')).body.data[0].replayedAt).toBe(replayedAt);
    // Their ids count as given by a client, so that what is appended twice is stored once.
    expect(decodeEventBatch(await readRecord(offset))).toEqual({ ...batch, clientIds: true });
  });

  it('appends once when it is asked for twice at the same time', async () => {
    await file(6, { value: encodeEventBatch(createBatch(['c'])) });
    const before = await next();
    const answers = await Promise.all([replay(6), replay(6), replay(6)]);
    expect(answers.map(({ body }) => body.repeated).sort()).toEqual([false, true, true]);
    expect(await next()).toBe(before + 1);
  });

  it('refuses what still cannot be read, was cut, or is not there, and appends nothing', async () => {
    const before = await next();
    await file(7);
    expect(await replay(7)).toEqual({
      status: 422,
      body: { error: { code: 'unreadable', message: 'The record still cannot be read: not_single_object.' } },
    });
    await file(8, { value: encodeEventBatch(createBatch(['d'])).subarray(0, 20), valueBytes: 4_000_000 });
    expect(await replay(8)).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    expect(await replay(9)).toEqual({ status: 404, body: missing });
    for (const id of ['nonsense', 'tidemark.dead.v1:0:1', 'tidemark.events.v1:2:-1', '%27;--']) {
      expect(await call('POST', `/${id}/replay`), id).toEqual({ status: 404, body: missing });
    }
    expect(await next()).toBe(before);
  });
});

async function readRecord(offset: number): Promise<Uint8Array> {
  const found: LogRecord[] = [];
  const consumer = await api.broker.open().consume({
    group: 'test',
    topics: [TOPICS.events],
    onBatch: async ({ partition, records }) => {
      if (partition === 2) found.push(...records.filter((record) => record.offset === offset));
    },
  });
  await waitFor(() => found.length > 0, 5_000);
  await consumer.stop();
  return found[0]?.value ?? new Uint8Array();
}
