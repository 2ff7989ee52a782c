import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Pepper } from '../../platform/tenancy/pepper.ts';

/** What a call was answered with. */
export interface StoredAnswer {
  status: number;
  contentType: string;
  body: string;
}

export interface SealedAnswer {
  /** Nonce, authentication tag and ciphertext. */
  bytes: Buffer;
  pepperVersion: number;
}

const algorithm = 'aes-256-gcm';
const keyPurpose = 'tidemark: answers kept for repeated requests';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts an answer with a key derived from the pepper, so that the database alone never tells a created key. `context` is what the
 * answer belongs to: it can be opened with the same one only.
 */
export function sealAnswer(answer: StoredAnswer, context: Uint8Array, pepper: Pepper): SealedAnswer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, keyOf(pepper, pepper.current), nonce).setAAD(context);
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
  return { bytes: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]), pepperVersion: pepper.current };
}

/** The answer; undefined when its pepper is not known here any more. Throws when it was tampered with. */
export function openAnswer(sealed: SealedAnswer, context: Uint8Array, pepper: Pepper): StoredAnswer | undefined {
  if (!pepper.secrets.has(sealed.pepperVersion)) return undefined;
  const { bytes } = sealed;
  const decipher = createDecipheriv(algorithm, keyOf(pepper, sealed.pepperVersion), bytes.subarray(0, nonceBytes));
  decipher.setAAD(context).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
  return JSON.parse(text.toString('utf8')) as StoredAnswer;
}

function keyOf(pepper: Pepper, version: number): Buffer {
  const secret = pepper.secrets.get(version);
  if (secret === undefined) throw new Error(`no pepper of version ${version}`);
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), keyPurpose, keyBytes));
}
