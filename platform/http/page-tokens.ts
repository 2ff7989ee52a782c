import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { Pepper } from '../tenancy/pepper.ts';

/** Longest page token that is looked at: a position may hold the name of a service. */
export const MAX_PAGE_TOKEN_LENGTH = 1_024;

/** Page tokens: a position in a list, signed, and good only for the list it was made for. */
export interface PageTokens {
  /** `list` is everything that makes the list: its name, whose it is, and the filter. */
  sign(position: string, list: unknown): string;
  /** The position; undefined when the token was made up, altered, or made for another list. */
  open(token: string, list: unknown): string | undefined;
}

const keyPurpose = 'tidemark: page tokens';
const keyBytes = 32;
const macBytes = 16;
const tokenPattern = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{22})$/;

export function createPageTokens(pepper: Pepper): PageTokens {
  const keys = new Map([...pepper.secrets].map(([version, secret]) => [version, deriveKey(secret)]));
  const macOf = (version: number, position: string, list: unknown) =>
    createHmac('sha256', keys.get(version) ?? Buffer.alloc(0))
      .update(canonicalJson([position, list]))
      .digest()
      .subarray(0, macBytes);
  return {
    sign(position, list) {
      const mac = macOf(pepper.current, position, list).toString('base64url');
      return `${Buffer.from(position).toString('base64url')}.${mac}`;
    },
    open(token, list) {
      const [, encoded = '', mac = ''] = token.length > MAX_PAGE_TOKEN_LENGTH ? [] : (tokenPattern.exec(token) ?? []);
      if (encoded === '') return undefined;
      const position = Buffer.from(encoded, 'base64url').toString();
      const given = Buffer.from(mac, 'base64url');
      const isGenuine = [...keys.keys()].some((version) => timingSafeEqual(macOf(version, position, list), given));
      return isGenuine ? position : undefined;
    },
  };
}

const deriveKey = (secret: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), keyPurpose, keyBytes));
