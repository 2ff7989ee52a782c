const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const TABLE = createTable();

/** CRC-32C (Castagnoli) of the bytes as a signed integer, eight bytes a step (Kounavis and Berry, "slicing by 8"). */
export function crc32c(bytes: Uint8Array): number {
  const table = TABLE;
  const end = bytes.length;
  let crc = -1;
  let at = 0;
  for (; at + SLICES <= end; at += SLICES) {
    crc ^= byte(bytes, at) | (byte(bytes, at + 1) << 8) | (byte(bytes, at + 2) << 16) | (byte(bytes, at + 3) << 24);
    crc =
      entry(table, 1792 + (crc & 255)) ^
      entry(table, 1536 + ((crc >>> 8) & 255)) ^
      entry(table, 1280 + ((crc >>> 16) & 255)) ^
      entry(table, 1024 + (crc >>> 24)) ^
      entry(table, 768 + byte(bytes, at + 4)) ^
      entry(table, 512 + byte(bytes, at + 5)) ^
      entry(table, 256 + byte(bytes, at + 6)) ^
      entry(table, byte(bytes, at + 7));
  }
  for (; at < end; at++) crc = entry(table, (crc ^ byte(bytes, at)) & 255) ^ (crc >>> 8);
  return crc ^ -1;
}

// Indexes stay within the arrays by construction.
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function entry(table: Int32Array, at: number): number {
  return table[at] as number;
}

/** Entry `256 * slice + byte`: the remainder of the byte followed by `slice` zero bytes. */
function createTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[value] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const shorter = entry(table, at - 256);
    table[at] = entry(table, shorter & 255) ^ (shorter >>> 8);
  }
  return table;
}
