import { randomBytes } from 'node:crypto';
import { sampleCorrelation } from 'simple-statistics';
import { createKey, hashKey, isSameKey } from '../../platform/tenancy/keys.ts';
import { parsePepper } from '../../platform/tenancy/pepper.ts';

/**
 * Does the time a key takes to be refused tell how much of it is right? Compares keys that share more and more of their beginning with
 * the stored one, in random order, and prints the correlation of shared characters and time: 0 is none, 1 is all.
 */
const rounds = Number(process.env.ROUNDS ?? 60_000);
const pepper = parsePepper(`v1:${randomBytes(32).toString('base64url')}`);
const { text } = createKey('mk_live');
const stored = hashKey(text, pepper);
const guesses = Array.from({ length: text.length }, (_, shared) => guessSharing(shared));

function guessSharing(shared: number): string {
  const other = createKey('mk_live').text.slice(shared);
  const differs = other.startsWith(text.charAt(shared)) ? (text.charAt(shared) === 'a' ? 'b' : 'a') : other.charAt(0);
  return text.slice(0, shared) + differs + other.slice(1);
}

const samples = guesses.map(() => [] as number[]);
for (let round = 0; round < rounds; round++) {
  const shared = Math.floor(Math.random() * guesses.length);
  const startedAt = process.hrtime.bigint();
  isSameKey(guesses[shared] ?? '', stored, pepper);
  samples[shared]?.push(Number(process.hrtime.bigint() - startedAt));
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const mediansNs = samples.map(median);
const correlation = sampleCorrelation(
  mediansNs.map((_, shared) => shared),
  mediansNs,
);
const unknownNs = medianOf(() => isSameKey(guesses[0] ?? '', undefined, pepper));
const knownNs = medianOf(() => isSameKey(guesses[0] ?? '', stored, pepper));

function medianOf(work: () => unknown): number {
  return median(
    Array.from({ length: 20_000 }, () => {
      const startedAt = process.hrtime.bigint();
      work();
      return Number(process.hrtime.bigint() - startedAt);
    }),
  );
}

console.log(`${rounds} comparisons, ${guesses.length} lengths of shared beginning`);
console.log(
  `correlation of shared characters and time: ${correlation.toFixed(3)} (chance alone: within ±${(2 / Math.sqrt(guesses.length)).toFixed(2)} in 95 of 100 runs)`,
);
console.log(
  `median ${Math.round(Math.min(...mediansNs))} to ${Math.round(Math.max(...mediansNs))} ns; unknown id ${unknownNs} ns, known id ${knownNs} ns`,
);
