const separator = '\0';
const factors = [597_399_067, 2_869_860_233, 951_274_213, 2_716_044_179] as const;

/**
 * A UUID (version 8) of 128 mixed bits of the texts: the same wherever the texts are. Four lanes that feed each other, as in cyrb128; no
 * protection against texts that somebody makes up to collide.
 */
export function stableUuid(...texts: readonly (string | number)[]): string {
  const words = digestOf(texts.join(separator));
  const digits = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const variant = (8 + (Number.parseInt(digits.charAt(16), 16) % 4)).toString(16);
  const [low, middle] = [digits.slice(0, 8), digits.slice(8, 12)];
  return `${low}-${middle}-8${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}

function digestOf(text: string): number[] {
  let [a, b, c, d] = [1_779_033_703, -1_150_833_019, 1_013_904_242, -1_521_486_534];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, factors[0]);
    b = c ^ Math.imul(b ^ unit, factors[1]);
    c = d ^ Math.imul(c ^ unit, factors[2]);
    d = a ^ Math.imul(d ^ unit, factors[3]);
  }
  a = Math.imul(c ^ (a >>> 18), factors[0]);
  b = Math.imul(d ^ (b >>> 22), factors[1]);
  c = Math.imul(a ^ (c >>> 17), factors[2]);
  d = Math.imul(b ^ (d >>> 19), factors[3]);
  a ^= b ^ c ^ d;
  return [a, b ^ a, c ^ a, d ^ a].map((word) => word >>> 0);
}
