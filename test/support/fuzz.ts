import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRandom, type Random } from '../../bench/support/random.ts';

/** What an input may cost, and what all of them together may leave behind. */
export const FUZZ_LIMITS = { slowestMs: 100, heldMib: 32 } as const;

export interface FuzzTarget {
  /** Valid bodies. */
  seeds: readonly Buffer[];
  /** Takes an input as far as the log; rejects or throws only what is a mistake of ours. What it returns is counted. */
  run(input: Buffer): unknown;
}

export interface FuzzOutcome {
  /** Inputs by what became of them. */
  counts: Record<string, number>;
  /** CPU time of the slowest input. */
  slowestMs: number;
  /** By which the heap has grown. */
  heldMib: number;
}

const mib = 1024 ** 2;
const attempts = 4;

/** Runs mutations of the seeds. The same name and TIDEMARK_FUZZ_SEED give the same inputs; one that fails is named in base64. */
export async function fuzz(name: string, { seeds, run }: FuzzTarget, rounds: number): Promise<FuzzOutcome> {
  const random = createRandom(`fuzz ${name}`, Number(process.env.TIDEMARK_FUZZ_SEED ?? 1));
  const collectGarbage = exposeGc();
  const counts: Record<string, number> = {};
  const before = await heldBytes(collectGarbage);
  let slowestMs = 0;
  for (let round = 0; round < rounds; round++) {
    const input = mutate(seeds[round % seeds.length] ?? Buffer.alloc(0), random);
    try {
      const { what, tookMs } = await timed(run, input);
      counts[what] = (counts[what] ?? 0) + 1;
      slowestMs = Math.max(slowestMs, tookMs);
    } catch (error) {
      throw new Error(`round ${round}: ${input.toString('base64')}`, { cause: error });
    }
  }
  return { counts, slowestMs, heldMib: ((await heldBytes(collectGarbage)) - before) / mib };
}

/** A slow input is taken again before it counts: the garbage of others may have been collected meanwhile. */
async function timed(run: FuzzTarget['run'], input: Buffer): Promise<{ what: string; tookMs: number }> {
  let fastestMs = Number.POSITIVE_INFINITY;
  let what = '';
  for (let left = attempts; left > 0 && fastestMs >= FUZZ_LIMITS.slowestMs; left--) {
    const startedAt = process.cpuUsage();
    what = String(await run(input));
    const { user, system } = process.cpuUsage(startedAt);
    fastestMs = Math.min(fastestMs, (user + system) / 1_000);
  }
  return { what, tookMs: fastestMs };
}

function exposeGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** What has a destructor, as an inflater has, is let go of one turn after it was found to be garbage. */
async function heldBytes(collectGarbage: () => void): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const tokens = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e400',
  '"NaN"',
  '"',
  '99999999999999999999',
  '"-9"',
  '\\ud800',
  'true',
  '"x"',
  '1e-7',
  '"2026-02-29T24:00:00Z"',
  '[[[[',
  '{"":',
  '\n',
].map((text) => Buffer.from(text));

interface Change {
  at: number;
  to: number;
  random: Random;
}

const withByte = (bytes: Buffer, { at }: Change, change: (byte: number) => number): Buffer => {
  const changed = Buffer.from(bytes);
  if (at < bytes.length) changed[at] = change(bytes[at] ?? 0);
  return changed;
};

const mutations: ((bytes: Buffer, change: Change) => Buffer)[] = [
  (bytes, change) => withByte(bytes, change, () => change.random.integer(256)),
  (bytes, change) => withByte(bytes, change, (byte) => byte ^ (1 << change.random.integer(8))),
  (bytes, change) => withByte(bytes, change, () => [0, 0x7f, 0x80, 0xff][change.random.integer(4)] ?? 0),
  (bytes, { at, to }) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]),
  (bytes, { at, to }) => Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]),
  (bytes, { at, to, random }) =>
    Buffer.concat([bytes.subarray(0, at), tokens[random.integer(tokens.length)] ?? bytes, bytes.subarray(to)]),
  (bytes, { at }) => bytes.subarray(0, at),
  withValue,
  withValue,
];

/** Another value behind the next colon: what stays JSON comes further than what does not. */
function withValue(bytes: Buffer, { at, random }: Change): Buffer {
  const start = bytes.indexOf(':', at) + 1;
  const end = [bytes.indexOf(',', start), bytes.indexOf('}', start)].filter((found) => found >= 0);
  const token = tokens[random.integer(tokens.length)];
  if (start === 0 || end.length === 0 || token === undefined) return bytes;
  return Buffer.concat([bytes.subarray(0, start), token, bytes.subarray(Math.min(...end))]);
}

/** One to eight changes, fewer more often: bytes, bits, lengths, gaps, repetitions, tokens, values and cuts. */
function mutate(seed: Buffer, random: Random): Buffer {
  let bytes = seed;
  for (let left = random.integer(1 + random.integer(8)); left >= 0; left--) {
    const at = random.integer(bytes.length + 1);
    const to = Math.min(bytes.length, at + random.integer(16));
    bytes = mutations[random.integer(mutations.length)]?.(bytes, { at, to, random }) ?? bytes;
  }
  return bytes;
}
