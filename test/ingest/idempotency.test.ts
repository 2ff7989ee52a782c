import { describe, expect, test } from 'vitest';
import { ANSWER_LIMITS, createAnswers } from '../../ingest/answers.ts';
import { type LogStore, LogUnavailableError } from '../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { NOW, startTestIngest } from '../support/ingest-app.ts';

const path = '/api/v1/events';
const event = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'CycleTime', value: 1 };
const keyed = { 'idempotency-key': 'order-4711' };

describe('a request with an Idempotency-Key', () => {
  test('repeated gets the identical answer and stores nothing more', async () => {
    const ingest = await startTestIngest();
    const first = await ingest.post(path, event, keyed);
    ingest.clock.now += 5_000;
    const second = await ingest.post(path, event, keyed);
    expect(second.status).toBe(201);
    expect(second.text).toBe(first.text);
    expect(await ingest.stored()).toHaveLength(1);
  });

  test('marks its record as one that may come again', async () => {
    const ingest = await startTestIngest();
    await ingest.post(path, event, keyed);
    expect((await ingest.stored())[0]?.clientIds).toBe(true);
  });

  test('sent twice at once is stored once', async () => {
    const ingest = await startTestIngest();
    const answers = await Promise.all([ingest.post(path, event, keyed), ingest.post(path, event, keyed)]);
    expect(answers[0]?.text).toBe(answers[1]?.text);
    expect(await ingest.stored()).toHaveLength(1);
  });

  test('repeated at another process carries the same ids, so that the second record is a repeat', async () => {
    const logStore = createMemoryLog();
    for (const ingest of [await startTestIngest(logStore), await startTestIngest(logStore)]) {
      await ingest.post(`${path}/batch`, { events: [event, event] }, keyed);
    }
    const { stored } = await startTestIngest(logStore);
    const [first, second] = await stored();
    expect(second?.events.map(({ id }) => id)).toEqual(first?.events.map(({ id }) => id));
    expect(new Set(first?.events.map(({ id }) => id)).size).toBe(2);
  });

  test('with another body is 422 while the first is remembered', async () => {
    const ingest = await startTestIngest();
    await ingest.post(path, event, keyed);
    const answer = await ingest.post(path, { ...event, value: 2 }, keyed);
    expect(answer.status).toBe(422);
    expect(answer.body.error.code).toBe('idempotency_key_reuse');
    expect(await ingest.stored()).toHaveLength(1);
  });

  test('of another organization has ids of its own', async () => {
    const ingest = await startTestIngest();
    const acme = await ingest.post(path, event, keyed);
    const beta = await ingest.post(path, { ...event, orgCode: 'BETA' }, keyed);
    expect(beta.status).toBe(201);
    expect(beta.body.id).not.toBe(acme.body.id);
  });

  test('that was refused or failed is tried anew', async () => {
    const memory = createMemoryLog();
    let isBroken = true;
    const logStore: LogStore = {
      ...memory,
      append: (...record) => (isBroken ? Promise.reject(new LogUnavailableError('away')) : memory.append(...record)),
    };
    const ingest = await startTestIngest(logStore);
    expect((await ingest.post(path, { ...event, value: -1 }, keyed)).status).toBe(400);
    expect((await ingest.post(path, event, keyed)).status).toBe(503);
    isBroken = false;
    expect((await ingest.post(path, event, keyed)).status).toBe(201);
    expect(await ingest.stored()).toHaveLength(1);
  });

  test.each([['with space'], ['ü'], ['x'.repeat(256)], ['']])('of a bad form is refused: %j', async (key) => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(path, event, { 'idempotency-key': key });
    expect(answer.status).toBe(400);
    expect(await ingest.stored()).toEqual([]);
  });
});

describe('the kept answers', () => {
  const request = (idempotencyKey: string) => ({ tenant: 't', idempotencyKey, body: {} });

  test('are kept for 24 hours', async () => {
    let now = NOW;
    const answers = createAnswers<number>({ now: () => now });
    expect(await answers.once(request('k'), async () => 1)).toBe(1);
    now += ANSWER_LIMITS.keptMs - 1;
    expect(await answers.once(request('k'), async () => 2)).toBe(1);
    now += 1;
    expect(await answers.once(request('k'), async () => 3)).toBe(3);
  });

  test('are forgotten oldest first beyond their number', async () => {
    const answers = createAnswers<number>({ now: () => NOW, limits: { answers: 2, keptMs: 1 } });
    for (const key of ['a', 'b', 'c']) await answers.once(request(key), async () => 1);
    expect(await answers.once(request('c'), async () => 2)).toBe(1);
    expect(await answers.once(request('a'), async () => 2)).toBe(2);
  });
});
