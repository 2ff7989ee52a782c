export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** One of the items, by weight. */
  pick<T>(items: readonly { weight: number; item: T }[]): T;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Poisson with the given mean; exact for the small means of a workload. */
  poisson(mean: number): number;
}

/** A seeded generator (mulberry32): the same parts give the same sequence on every machine. */
export function createRandom(...parts: readonly (string | number)[]): Random {
  let state = hash(parts.join('\u0000'));
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    integer: (limit) => Math.floor(next() * limit),
    pick: (items) => pickWeighted(items, next()),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    poisson: (mean) => poisson(mean, next),
  };
}

// FNV-1a.
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value | 0;
}

function pickWeighted<T>(items: readonly { weight: number; item: T }[], at: number): T {
  const total = items.reduce((sum, { weight }) => sum + weight, 0);
  let left = at * total;
  for (const { weight, item } of items) {
    left -= weight;
    if (left < 0) return item;
  }
  const last = items.at(-1);
  if (last === undefined) throw new RangeError('nothing to pick from');
  return last.item;
}

function poisson(mean: number, next: () => number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > limit; product *= next()) count++;
  return count;
}
