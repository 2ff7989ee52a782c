import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRowDecoder, encodeRows } from '../../../processors/snapshots/copy-rows.ts';

const parts = fc.array(
  fc.record({
    section: fc.string({ unit: 'grapheme', minLength: 1 }),
    bucket: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    body: fc.uint8Array({ minLength: 1, maxLength: 200_000 }),
  }),
  { maxLength: 10 },
);
const headBytes = 19;

it('rows of parts are those that COPY reads, in few chunks', () => {
  fc.assert(
    fc.property(parts, (list) => {
      const chunks = [...encodeRows({ group: 'g', topic: 't', partition: 7 }, list)];
      const bytes = Buffer.concat(chunks);
      expect(bytes.toString('latin1', 0, headBytes)).toBe('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0');
      const rows = readRows(bytes);
      expect(rows).toEqual(
        list.map(({ section, bucket, body }) => ['g', 't', 7, section, bucket, Buffer.from(body).toString('hex')]),
      );
      expect(chunks.length).toBeLessThanOrEqual(1 + bytes.length / 200_000);
    }),
    { numRuns: 30 },
  );
});

it('the rows that COPY sends are the parts, however the bytes are cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(parts, cuts, (list, sizes) => {
      const bytes = Buffer.concat([head, ...list.map(rowOf), Buffer.from([0xff, 0xff])]);
      const decode = createRowDecoder();
      const read: unknown[] = [];
      for (let at = 0, cut = 0; at < bytes.length; cut++) {
        const end = at + (sizes[cut % sizes.length] ?? 1);
        read.push(...decode(bytes.subarray(at, end)).map((part) => ({ ...part, body: Uint8Array.from(part.body) })));
        at = end;
      }
      expect(read).toEqual(list.map((part) => ({ ...part, body: Uint8Array.from(part.body) })));
    }),
    { numRuns: 30 },
  );
});

it('bytes that are no rows of parts are refused', () => {
  expect(() => createRowDecoder()(Buffer.alloc(headBytes))).toThrow(RangeError);
  expect(() => createRowDecoder()(Buffer.concat([head, Buffer.from([0, 2])]))).toThrow('3 fields, not 2');
});

const head = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

function rowOf({ section, bucket, body }: { section: string; bucket: number; body: Uint8Array }): Buffer {
  const name = Buffer.from(section);
  const [count, nameLength, rest] = [Buffer.alloc(2), Buffer.alloc(4), Buffer.alloc(12)];
  count.writeInt16BE(3);
  nameLength.writeInt32BE(name.length);
  rest.writeInt32BE(4);
  rest.writeInt32BE(bucket, 4);
  rest.writeInt32BE(body.length, 8);
  return Buffer.concat([count, nameLength, name, rest, body]);
}

function readRows(bytes: Buffer): (string | number)[][] {
  const rows: (string | number)[][] = [];
  let at = headBytes;
  while (bytes.readInt16BE(at) !== -1) {
    expect(bytes.readInt16BE(at)).toBe(6);
    at += 2;
    const fields: Buffer[] = [];
    for (let field = 0; field < 6; field++) {
      const end = at + 4 + bytes.readInt32BE(at);
      fields.push(bytes.subarray(at + 4, end));
      at = end;
    }
    const [group, topic, partition, section, bucket, body] = fields;
    rows.push([
      ...[String(group), String(topic), partition?.readInt32BE(0) ?? Number.NaN],
      ...[String(section), bucket?.readInt32BE(0) ?? Number.NaN, body?.toString('hex') ?? ''],
    ]);
  }
  expect(at).toBe(bytes.length - 2);
  return rows;
}
