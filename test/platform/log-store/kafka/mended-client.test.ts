import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import '../../../../platform/log-store/kafka.ts';
import { crc32c } from '../../../../platform/log-store/kafka/crc32c.ts';

const requireKafka = createRequire(import.meta.url);
const kafkajs = (path: string) => requireKafka(`kafkajs/src/${path}`);

test('a connection of kafkajs without waiting requests has no timer', () => {
  const RequestQueue = kafkajs('network/requestQueue');
  const logger = { debug: () => undefined };
  const queue = new RequestQueue({ maxInFlightRequests: null, requestTimeout: 1_000, logger });
  queue.checkPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
});

test('a connection of kafkajs with a waiting request looks after it', () => {
  const RequestQueue = kafkajs('network/requestQueue');
  const logger = { debug: () => undefined };
  const queue = new RequestQueue({ maxInFlightRequests: 0, requestTimeout: 1_000, logger });
  queue.push({ entry: { correlationId: 1 }, expectResponse: true, sendRequest: () => undefined });
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  queue.destroy();
});

test('kafkajs uses our checksum', () => {
  expect(kafkajs('protocol/recordBatch/crc32C/crc32C.js')).toBe(crc32c);
});

test('an encoder of kafkajs keeps what it holds when it grows', () => {
  const Encoder = kafkajs('protocol/encoder');
  const encoder = new Encoder(4);
  const parts = [1, 3, 8, 100, 5_000].map((length) => Buffer.alloc(length, length));
  for (const part of parts) encoder.writeBuffer(part);
  expect(encoder.buffer.equals(Buffer.concat(parts))).toBe(true);
});
