const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

/** 32 bits of a text (FNV-1a over its UTF-16 units, mixed as MurmurHash3 does at its end); equal texts are equal numbers in every process. */
export function hash32(text: string, seed = 0): number {
  let hash = fnvOffset ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), fnvPrime);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
