/** Texts that come again and again, each made once: names and values of attributes are mostly the same from request to request. */
export interface StringTable {
  /** The text of UTF-8 bytes; invalid sequences become U+FFFD. */
  read(bytes: Uint8Array, start: number, end: number): string;
}

const slots = 4_096;
/** Longer texts are not remembered. */
const maxLength = 64;
const hashFactor = 0x01000193;
const hashSeed = 0x811c9dc5;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A table of fixed size: a text takes the place of another with the same hash. */
export function createStringTable(): StringTable {
  const known: string[] = Array.from({ length: slots }, () => '');
  return {
    read(bytes, start, end) {
      if (end - start > maxLength) return utf8.decode(bytes.subarray(start, end));
      const hash = hashAscii(bytes, start, end);
      if (hash < 0) return utf8.decode(bytes.subarray(start, end));
      const slot = hash % slots;
      const candidate = known[slot] as string;
      if (isSame(candidate, bytes, start) && candidate.length === end - start) return candidate;
      const text = utf8.decode(bytes.subarray(start, end));
      known[slot] = text;
      return text;
    },
  };
}

/** FNV-1a of ASCII bytes, at least 0; -1 when there are others among them. */
function hashAscii(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashSeed;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x7f) return -1;
    hash = Math.imul(hash ^ byte, hashFactor);
  }
  return hash >>> 1;
}

function isSame(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
