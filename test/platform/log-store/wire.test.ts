import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createMessageReader,
  KIND,
  MAX_HELLO_BYTES,
  type Message,
  sendMessage,
} from '../../../platform/log-store/wire.ts';

interface Sent {
  id: number;
  head: unknown;
  body: Uint8Array[];
}

async function bytesOf(messages: readonly Sent[]): Promise<Buffer> {
  const stream = new PassThrough({ highWaterMark: 1 << 28 });
  for (const message of messages) sendMessage(stream as unknown as Socket, { kind: KIND.append, ...message });
  stream.end();
  return Buffer.concat(await stream.toArray());
}

const message = fc.record({
  id: fc.integer({ min: 1, max: 0xffffffff }),
  head: fc.record({ topic: fc.string(), partition: fc.nat() }),
  body: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
});

describe('the wire', () => {
  test('gives messages back, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
        async (sent, cuts) => {
          const stream = await bytesOf(sent);
          const received: Message[] = [];
          const reader = createMessageReader((one) => received.push(one), 1 << 20);
          for (let at = 0; at < stream.length; ) {
            const end = at + (cuts.next().value ?? 1);
            reader.push(stream.subarray(at, end));
            at = end;
          }
          expect(received.map(({ id, head, body }) => ({ id, head, body: Buffer.from(body) }))).toEqual(
            sent.map(({ id, head, body }) => ({ id, head, body: Buffer.concat(body) })),
          );
        },
      ),
    );
  });

  test('carries bodies that are too large to copy', async () => {
    const body = [Buffer.alloc(70_000, 1), Buffer.alloc(3, 2)];
    const received: Message[] = [];
    createMessageReader((one) => received.push(one), 1 << 20).push(await bytesOf([{ id: 1, head: null, body }]));
    expect(received[0]?.body.equals(Buffer.concat(body))).toBe(true);
  });

  test('refuses lengths beyond the limit before it has the bytes', async () => {
    const reader = createMessageReader(() => undefined, MAX_HELLO_BYTES);
    const stream = await bytesOf([{ id: 1, head: null, body: [Buffer.alloc(MAX_HELLO_BYTES)] }]);
    expect(() => reader.push(stream.subarray(0, 4))).toThrow(RangeError);
  });
});
