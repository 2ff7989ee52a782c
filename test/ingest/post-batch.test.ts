import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type LogStore, LogUnavailableError } from '../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { EVENT_LIMITS } from '../../schemas/api/event-limits.ts';
import { startTestIngest } from '../support/ingest-app.ts';

const path = '/api/v1/events/batch';
const event = {
  orgCode: 'ACME',
  capabilityCode: 'P2P',
  metricType: 'Milestone',
  value: 1,
  dimensions: { milestone: 'RequestReceived' },
  correlationId: 'CASE-2026-00482',
};
const events = (count: number) => Array.from({ length: count }, (_, value) => ({ ...event, value }));

describe('a good batch', () => {
  test('is answered as documented and is one record in its order', async () => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(path, { events: events(EVENT_LIMITS.batchEvents) });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ accepted: EVENT_LIMITS.batchEvents, failed: 0, errors: [] });
    const batches = await ingest.stored();
    expect(batches).toHaveLength(1);
    expect(batches[0]?.events.map(({ value }) => value)).toEqual(events(1_000).map(({ value }) => value));
    expect(new Set(batches[0]?.events.map(({ id }) => id)).size).toBe(1_000);
  });

  test('may be compressed', async () => {
    const ingest = await startTestIngest();
    const body = gzipSync(JSON.stringify({ events: events(10) }));
    expect((await ingest.post(path, body, { 'content-encoding': 'gzip' })).body.accepted).toBe(10);
  });

  test('may name its organization in several ways', async () => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(path, { events: [event, { ...event, orgCode: 'acme' }] });
    expect(answer.status).toBe(201);
  });
});

describe('a bad batch', () => {
  test('stores nothing and names every invalid field of every event', async () => {
    const ingest = await startTestIngest();
    const bad = [
      { ...event, value: -1 },
      event,
      { ...event, capabilityCode: 'NOPE', timestamp: 'yesterday' },
      { ...event, metricType: 7, value: 'x' },
      null,
    ];
    const answer = await ingest.post(path, { events: bad });
    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toBe('validation_error');
    expect(answer.body.error.details.map(({ field }: { field: string }) => field).toSorted()).toEqual([
      'events[0].value',
      'events[2].capabilityCode',
      'events[2].timestamp',
      'events[3].metricType',
      'events[3].value',
      'events[4]',
    ]);
    expect(await ingest.stored()).toEqual([]);
  });

  test('names at most 100 fields and says that there are more', async () => {
    const ingest = await startTestIngest();
    for (const change of [{ value: -1 }, { capabilityCode: 'NOPE' }]) {
      const answer = await ingest.post(path, { events: events(500).map((one) => ({ ...one, ...change })) });
      const { details } = answer.body.error;
      expect(details).toHaveLength(EVENT_LIMITS.issues);
      expect(details.at(-1)).toEqual({ field: 'events', issue: expect.stringMatching(/^has at least \d+ more/) });
    }
  });

  test.each([
    ['1,001 events', { events: events(EVENT_LIMITS.batchEvents + 1) }, 'events'],
    ['no events', { events: [] }, 'events'],
    ['no array of events', { events: event }, 'events'],
    ['nothing', {}, 'events'],
    ['two organizations', { events: [event, { ...event, orgCode: 'BETA' }] }, 'events[1].orgCode'],
    [
      'one id twice',
      {
        events: [
          { ...event, id: 'a' },
          { ...event, id: 'evt_a' },
        ],
      },
      'events[1].id',
    ],
  ])('with %s is refused by the name of the field', async (_what, body, field) => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details.map((detail: { field: string }) => detail.field)).toEqual([field]);
    expect(await ingest.stored()).toEqual([]);
  });

  test('with one event of a foreign organization is forbidden', async () => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(path, { events: [event, { ...event, orgCode: 'GAMMA' }] });
    expect(answer.status).toBe(403);
    expect(await ingest.stored()).toEqual([]);
  });

  test('of 4 MiB and one byte is 413, of 4 MiB it is judged by what it holds', async () => {
    const ingest = await startTestIngest();
    const body = JSON.stringify({ events: [event] });
    const limit = 4 * 1024 * 1024;
    expect((await ingest.post(path, body.padEnd(limit + 1))).status).toBe(413);
    expect((await ingest.post(path, body.padEnd(limit))).status).toBe(201);
  });

  test('that inflates without end is 413', async () => {
    const ingest = await startTestIngest();
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, 0x20));
    expect((await ingest.post(path, bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });
});

describe('a log that cannot promise', () => {
  const broken = (): LogStore => ({
    ...createMemoryLog(),
    append: async () => {
      throw new LogUnavailableError('no answer within 20 s');
    },
  });

  test('makes the answer 503 with a time to come back, and never 201', async () => {
    const ingest = await startTestIngest(broken());
    const answer = await ingest.post(path, { events: [event] }, { 'idempotency-key': 'k' });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.body.error).toMatchObject({ code: 'unavailable', retryAfter: 1 });
  });
});
