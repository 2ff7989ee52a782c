import { expect, test } from 'vitest';
import { crc64Avro } from '../../schemas/crc64-avro.ts';

test.each([
  ['"null"', 7195948357588979594n],
  ['"boolean"', -6970731678124411036n],
  ['"int"', 8247732601305521295n],
  ['"long"', -3434872931120570953n],
  ['"float"', 5583340709985441680n],
  ['"double"', -8181574048448539266n],
  ['"bytes"', 5746618253357095269n],
  ['"string"', -8142146995180207161n],
])('the fingerprint of %s is the one of the Avro project', (canonical, fingerprint) => {
  expect(BigInt.asIntN(64, crc64Avro(canonical))).toBe(fingerprint);
});
