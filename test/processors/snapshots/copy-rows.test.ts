import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeRows, PartReader } from '../../../processors/snapshots/copy-rows.ts';

const parts = fc.array(
  fc.record({
    section: fc.string({ unit: 'grapheme', minLength: 1 }),
    bucket: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    body: fc.uint8Array({ minLength: 1, maxLength: 50 }),
  }),
);
/** The fields before those that are read back. */
const place = { group: 'g', topic: 't', partition: 1 };
const placeBytes = 4 + 1 + 4 + 1 + 4 + 4;

it('rows are read out of chunks as they were written, wherever they are cut', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 60 }), (list, size) => {
      const bytes = withoutPlace(Buffer.concat([...encodeRows(place, list)]), list);
      const reader = new PartReader();
      const read: typeof list = [];
      for (let from = 0; from < bytes.length; from += size) {
        for (const part of reader.read(bytes.subarray(from, from + size)))
          read.push({ ...part, body: Uint8Array.from(part.body) });
      }
      expect(read).toEqual(list);
    }),
  );
});

/** Written are six fields a row, read are three. */
function withoutPlace(bytes: Buffer, list: readonly { section: string; body: Uint8Array }[]): Buffer {
  const headBytes = 19;
  const pieces = [bytes.subarray(0, headBytes)];
  let at = headBytes;
  for (const { section, body } of list) {
    const rest = at + 2 + placeBytes;
    const end = rest + 4 + Buffer.byteLength(section) + 4 + 4 + 4 + body.length;
    pieces.push(Buffer.from([0, 3]), bytes.subarray(rest, end));
    at = end;
  }
  return Buffer.concat([...pieces, bytes.subarray(at)]);
}
