import { isIP } from 'node:net';

/** What a variable's text must look like. A secret is not repeated when it does not. */
export interface TextRule {
  pattern: RegExp;
  expected: string;
  isSecret?: boolean;
}

export const adminKey: TextRule = {
  pattern: /^mk_live_[A-Za-z0-9_-]{16,240}$/,
  expected: 'mk_live_ followed by 16 to 240 letters, digits, underscores or hyphens',
  isSecret: true,
};
export const bearerToken: TextRule = {
  pattern: /^[!-~]{16,256}$/,
  expected: '16 to 256 ASCII characters without spaces',
  isSecret: true,
};
export const cluster: TextRule = {
  pattern: /^(?:[A-Za-z_][A-Za-z0-9_-]{0,62}|\{cluster\})$/,
  expected: 'the name of a cluster, or {cluster} for the macro of that name',
};
/** Five or six fields; the scheduler checks their values. */
export const cron: TextRule = {
  pattern: /^(?:off|[\w*/,-]+(?: +[\w*/,?-]+){4,5})$/i,
  expected: 'a cron expression (UTC) such as 17 3 * * *, or off',
};

/** `address/bits`, of IPv4 or IPv6. */
function isCidr(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  const maxBits = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= maxBits && text.split('/').length === 2;
}

/** What each item of a list must look like. */
export interface ListRule {
  isItem: (item: string) => boolean;
  expected: string;
}

export const networks: ListRule = {
  isItem: isCidr,
  expected: 'networks such as 10.0.0.0/8, separated by commas',
};
export const origins: ListRule = {
  isItem: isOrigin,
  expected: 'origins such as https://console.example.com, separated by commas',
};

/** What a browser sends as `Origin`: scheme, host and a port that is not the scheme's own; nothing behind them. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.origin === text;
}

/** The beginning of a value that may be shown, in quotes. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}

/** What may be said about a value that is secret. */
export function secret(value: string): string {
  return `a value of ${value.length} characters (not shown)`;
}

/** A URL that may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//…@');
}
