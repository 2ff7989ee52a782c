/** Fingerprint of the empty input, which is also the reversed polynomial (Avro specification, "Schema Fingerprints"). */
const empty = 0xc15d213aa4d7a795n;

const table = Array.from({ length: 256 }, (_, index) => {
  let entry = BigInt(index);
  for (let bit = 0; bit < 8; bit++) entry = (entry >> 1n) ^ ((entry & 1n) === 1n ? empty : 0n);
  return entry;
});

/** CRC-64-AVRO of a text's UTF-8 bytes as an unsigned 64-bit integer. For schemas at load, not for the hot path. */
export function crc64Avro(text: string): bigint {
  let fingerprint = empty;
  for (const byte of new TextEncoder().encode(text)) {
    fingerprint = (fingerprint >> 8n) ^ (table[Number(fingerprint & 0xffn) ^ byte] ?? 0n);
  }
  return fingerprint;
}
