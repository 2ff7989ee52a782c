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
export const metricsToken: TextRule = {
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
export function isCidr(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  const maxBits = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= maxBits && text.split('/').length === 2;
}
