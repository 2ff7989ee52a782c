import { expect, test } from 'vitest';
import { createStoredWatch } from '../../ingest/stored.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { PROCESSORS_GROUP, TOPICS } from '../../schemas/topics.ts';
import { startTestIngest } from '../support/ingest-app.ts';

const event = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'CycleTime', value: 1 };

test('?wait=stored answers when the processors have stored the record', async () => {
  const logStore = createMemoryLog();
  const ingest = await startTestIngest(logStore);
  const consumer = await logStore.consume({
    group: PROCESSORS_GROUP,
    topics: [TOPICS.events],
    onBatch: async ({ topic, partition, epoch, records }) => {
      const offset = (records.at(-1)?.offset ?? -1) + 1;
      await consumer.commit(topic, partition, { offset, metadata: '', epoch });
    },
  });
  const answer = await ingest.post('/api/v1/events?wait=stored', event);
  await consumer.stop();
  expect(answer.status).toBe(201);
  expect(answer.headers['x-tidemark-stored']).toBe('true');
});

test('without the wait nothing is said about it', async () => {
  const ingest = await startTestIngest();
  expect((await ingest.post('/api/v1/events', event)).headers).not.toHaveProperty('x-tidemark-stored');
});

test('another word to wait for is refused', async () => {
  const ingest = await startTestIngest();
  const answer = await ingest.post('/api/v1/events?wait=forever', event);
  expect(answer.status).toBe(400);
  expect(answer.body.error.details[0].field).toBe('wait');
});

test('a record that is not stored in time, and a log that cannot tell, are not stored', async () => {
  const limits = { waitMs: 20, pollMs: 1 };
  const memory = createMemoryLog();
  const slow = createStoredWatch(memory, undefined, limits);
  expect(await slow.isStored({ partition: 0, offset: 0 })).toBe(false);
  const mute = createStoredWatch({ ...memory, committed: () => Promise.reject(new Error('away')) }, undefined, limits);
  expect(await mute.isStored({ partition: 0, offset: 0 })).toBe(false);
});
