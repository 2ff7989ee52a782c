import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Pepper } from './pepper.ts';

/** Prefix of the key text by key family: of the metrics API, the status API and the anomaly API. Any family works on any route. */
export const familyPrefixes = { mk_live: 'mk_live_', ops: 'ops_', isage: 'isage_' } as const;
export type KeyFamily = keyof typeof familyPrefixes;

/** A presented key that can be genuine. `issued` carries its id; the id of a `given` one (chosen by the operator) takes the pepper to find. */
export type ParsedKey = { kind: 'issued'; id: string } | { kind: 'given' };

export interface NewKey {
  /** Public id, such as key_m3kL9xPqR2sT. */
  id: string;
  /** `<family prefix><id><_><secret><checksum>`; shown once. */
  text: string;
}

export interface KeyHash {
  hmac: Buffer;
  pepperVersion: number;
}

/** Longest key text that is looked at. */
export const maxKeyLength = 248;
/** Shortest part behind `mk_live_` of a key chosen by the operator. */
export const minGivenKeyLength = 16;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 12;
// 62^43 is just above 2^256.
const secretLength = 43;
// 62^6 is above 2^32, the range of CRC-32.
const checksumLength = 6;
const shownIdLength = 4;
const givenIdBytes = 12;
const givenIdLength = 17;

const issuedPattern = new RegExp(
  `^(?:mk_live|ops|isage)_([0-9A-Za-z]{${idLength}})_[0-9A-Za-z]{${secretLength + checksumLength}}$`,
);
const givenPattern = new RegExp(`^mk_live_[0-9A-Za-z_-]{${minGivenKeyLength},${maxKeyLength - 8}}$`);

/** A new key with a secret of 256 random bits. */
export function createKey(family: KeyFamily): NewKey {
  const id = randomBase62(idLength);
  const body = `${familyPrefixes[family]}${id}_${randomBase62(secretLength)}`;
  return { id: `key_${id}`, text: body + checksum(body) };
}

/**
 * What a presented key can be, without asking the database; undefined when it cannot be genuine. A key in the issued form with a wrong
 * checksum is a typing error and refused here; every other `mk_live_` key may be one that the operator chose (TIDEMARK_ADMIN_KEY).
 */
export function parseKey(text: string): ParsedKey | undefined {
  if (text.length > maxKeyLength) return undefined;
  const id = issuedPattern.exec(text)?.[1];
  if (id !== undefined) {
    const body = text.slice(0, -checksumLength);
    return checksum(body) === text.slice(-checksumLength) ? { kind: 'issued', id: `key_${id}` } : undefined;
  }
  return givenPattern.test(text) ? { kind: 'given' } : undefined;
}

/**
 * The id of a key, by which it is looked up. That of a key chosen by the operator is derived from its text with the current pepper, so
 * that the id, which admins can see, does not help to guess a weak key.
 */
export function keyId(parsed: ParsedKey, text: string, pepper: Pepper): string {
  if (parsed.kind === 'issued') return parsed.id;
  const digest = createHmac('sha256', secretOf(pepper, pepper.current)).update(`key id\n${text}`).digest();
  const number = BigInt(`0x${digest.subarray(0, givenIdBytes).toString('hex')}`);
  return `key_${toBase62(number).padStart(givenIdLength, '0')}`;
}

/** HMAC-SHA-256 of the key text under the current pepper: what is stored instead of the key. */
export function hashKey(text: string, pepper: Pepper): KeyHash {
  return { hmac: hmacOf(text, pepper, pepper.current), pepperVersion: pepper.current };
}

/**
 * Whether the presented key is the stored one. Takes the same time for a wrong key and for none stored: an unknown id is compared
 * with a hash nobody has. False when the pepper of the stored version is not known here.
 */
export function isSameKey(text: string, stored: KeyHash | undefined, pepper: Pepper): boolean {
  const version = stored !== undefined && pepper.secrets.has(stored.pepperVersion) ? stored.pepperVersion : undefined;
  const expected = version === undefined || stored === undefined ? nobodysHmac : stored.hmac;
  return timingSafeEqual(hmacOf(text, pepper, version ?? pepper.current), expected) && version !== undefined;
}

/** The beginning of a key, to recognise it in a list: nothing of its secret. */
export function maskKey(parsed: ParsedKey, text: string): string {
  const prefix = Object.values(familyPrefixes).find((known) => text.startsWith(known)) ?? '';
  return parsed.kind === 'issued' ? `${text.slice(0, prefix.length + shownIdLength)}...` : `${prefix}...`;
}

/** Random letters and digits, about 5.95 bits each. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 = 4 * 62: the bytes above would favour the first letters.
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
    }
  }
  return text;
}

const nobodysHmac = randomBytes(32);

function hmacOf(text: string, pepper: Pepper, version: number): Buffer {
  return createHmac('sha256', secretOf(pepper, version)).update(text).digest();
}

function secretOf(pepper: Pepper, version: number): Buffer {
  const secret = pepper.secrets.get(version);
  if (secret === undefined) throw new Error(`no pepper of version ${version}`);
  return secret;
}

function checksum(body: string): string {
  return toBase62(BigInt(crc32(body))).padStart(checksumLength, '0');
}

function toBase62(number: bigint): string {
  let text = '';
  for (let rest = number; rest > 0n; rest /= 62n) text = alphabet[Number(rest % 62n)] + text;
  return text;
}
