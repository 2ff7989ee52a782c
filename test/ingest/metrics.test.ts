import { expect, test } from 'vitest';
import { LogUnavailableError } from '../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { startTestIngest, type TestIngest } from '../support/ingest-app.ts';

const event = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'CycleTime', value: 14.5 };
const batch = { events: [event, event, event] };

async function samplesOf({ app }: TestIngest) {
  return readExposition((await app.inject('/metrics')).payload);
}

test('events are counted when they are durable, rejected ones are not', async () => {
  const ingest = await startTestIngest();
  expect((await ingest.post('/api/v1/events/batch', batch)).status).toBe(201);
  expect((await ingest.post('/api/v1/events', event)).status).toBe(201);
  expect((await ingest.post('/api/v1/events', { ...event, value: -1 })).status).toBe(400);
  const samples = await samplesOf(ingest);
  expect(sampleOf(samples, 'tidemark_events_accepted_total', {})).toBe(4);
  expect(sampleOf(samples, 'tidemark_log_append_duration_seconds_count', { result: 'stored' })).toBe(2);
  const rejected = sampleOf(samples, 'tidemark_http_requests_rejected_total', {
    reason: 'validation_error',
    status: '400',
  });
  expect(rejected).toBe(1);
});

test('a repeat under the same Idempotency-Key is no second event', async () => {
  const ingest = await startTestIngest();
  const headers = { 'idempotency-key': 'order-17' };
  for (const _attempt of [1, 2]) {
    expect((await ingest.post('/api/v1/events/batch', batch, headers)).status).toBe(201);
  }
  expect(sampleOf(await samplesOf(ingest), 'tidemark_events_accepted_total', {})).toBe(3);
});

test('appended bytes are those of the records', async () => {
  const values: Uint8Array[] = [];
  const log = createMemoryLog();
  const ingest = await startTestIngest({
    ...log,
    append: (topic, partition, appended) => {
      values.push(...appended);
      return log.append(topic, partition, appended);
    },
  });
  await ingest.post('/api/v1/events/batch', batch);
  const bytes = values.reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeGreaterThan(0);
  expect(sampleOf(await samplesOf(ingest), 'tidemark_log_appended_bytes_total', {})).toBe(bytes);
});

test('an append that fails is measured as failed and counts no event', async () => {
  const ingest = await startTestIngest({
    ...createMemoryLog(),
    append: () => Promise.reject(new LogUnavailableError('away')),
  });
  expect((await ingest.post('/api/v1/events/batch', batch)).status).toBe(503);
  const samples = await samplesOf(ingest);
  expect(sampleOf(samples, 'tidemark_events_accepted_total', {})).toBe(0);
  expect(sampleOf(samples, 'tidemark_log_appended_bytes_total', {})).toBe(0);
  expect(sampleOf(samples, 'tidemark_log_append_duration_seconds_count', { result: 'failed' })).toBe(1);
  expect(sampleOf(samples, 'tidemark_http_requests_rejected_total', { reason: 'unavailable', status: '503' })).toBe(1);
});
