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

test('an encoder of kafkajs keeps large values by reference, and gives them out in one piece', () => {
  const Encoder = kafkajs('protocol/encoder');
  const large = Buffer.alloc(10_000, 1);
  const record = new Encoder().writeVarInt(7).writeVarIntBytes(large).writeInt8(3);
  expect(record.parts[1]).toBe(large);
  const start = Buffer.from([14, 0xa0, 0x9c, 0x01]);
  expect(record.size()).toBe(start.length + large.length + 1);
  const whole = Buffer.concat([start, large, Buffer.from([3])]);
  expect(record.buffer.equals(whole)).toBe(true);
  expect(record.buffer).toBe(record.buffer);
});

test('an encoder of kafkajs may be written on after another one took it over', () => {
  const Encoder = kafkajs('protocol/encoder');
  const [large, middling] = [Buffer.alloc(10_000, 1), Buffer.alloc(3_000, 2)];
  const inner = new Encoder().writeInt32(5).writeBuffer(large).writeBuffer(middling).writeBuffer(middling);
  const outer = new Encoder().writeArray([inner, inner]).writeInt16(9);
  const before = Buffer.from(outer.buffer);
  const one = Buffer.concat([Buffer.from([0, 0, 0, 5]), large, middling, middling]);
  expect(before.equals(Buffer.concat([Buffer.from([0, 0, 0, 2]), one, one, Buffer.from([0, 9])]))).toBe(true);
  expect(inner.buffer.equals(one)).toBe(true);
  inner.writeBuffer(Buffer.alloc(3_000, 4));
  expect(outer.buffer.equals(before)).toBe(true);
  expect(inner.size()).toBe(one.length + 3_000);
});
