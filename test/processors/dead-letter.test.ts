import { expect, it } from 'vitest';
import { decodeDeadLetter, encodeDeadLetter, MAX_DEAD_VALUE_BYTES } from '../../processors/dead-letter.ts';

const where = { reason: 'malformed', topic: 't', partition: 1, offset: 2, appendedAt: 3 };
const parse = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());

it('keeps the value, the reason and the position', () => {
  const letter = parse(encodeDeadLetter({ ...where, value: Uint8Array.of(0, 255) }));
  expect(letter).toEqual({ ...where, valueBytes: 2, valueBase64: 'AP8=' });
});

it('cuts a value beyond the limit and says how long it was', () => {
  const letter = parse(encodeDeadLetter({ ...where, value: new Uint8Array(MAX_DEAD_VALUE_BYTES + 1) }));
  expect(letter.valueBytes).toBe(MAX_DEAD_VALUE_BYTES + 1);
  expect(Buffer.from(letter.valueBase64, 'base64')).toHaveLength(MAX_DEAD_VALUE_BYTES);
});

it('reads a dead letter back', () => {
  const value = Uint8Array.of(1, 2, 3);
  const { value: read, ...letter } = decodeDeadLetter(encodeDeadLetter({ ...where, value })) ?? { value: undefined };
  expect(letter).toEqual({ ...where, valueBytes: 3 });
  expect(Uint8Array.from(read ?? [])).toEqual(value);
});

it.each(['', '{', '[]', 'null', '{"reason":"x"}', '{"reason":"x","topic":"t","partition":-1}'])(
  'reads no dead letter from %j',
  (text) => {
    expect(decodeDeadLetter(Buffer.from(text))).toBeUndefined();
  },
);
