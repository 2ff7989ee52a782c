import { expect, it } from 'vitest';
import { encodeDeadLetter, MAX_DEAD_VALUE_BYTES } from '../../processors/dead-letter.ts';

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
