import { createHash, randomFillSync } from 'node:crypto';

/** The ids of one request's events, by their position. */
export interface EventIds {
  at(index: number): string;
  /** What all of them begin with, and how the id at a position ends. */
  start: string;
  end(index: number): string;
  /** Whether a repeat of the request gets the same ids. */
  isDerived: boolean;
}

/** Where new event ids come from; time and chance are given to it. */
export interface EventIdSource {
  /** Ids that sort by `receivedAt` (milliseconds since the epoch) and never come again. */
  fresh(receivedAt: number): EventIds;
  /** The same ids for the same tenant and key, whatever the process and the time. */
  derived(tenant: string, idempotencyKey: string): EventIds;
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const timeDigits = 8;
const randomDigits = 10;
const digestDigits = timeDigits + randomDigits;
const randomPoolBytes = 4096;

/** Two digits for the position within the request: enough for 3,844 events. */
const positions = [...alphabet].flatMap((first) => [...alphabet].map((second) => first + second));
const pairs = BigInt(positions.length);

/** `random` fills an array with random bytes. */
export function createEventIdSource(random: (bytes: Uint8Array) => void = createRandomSource()): EventIdSource {
  const bytes = new Uint8Array(8);
  return {
    fresh(receivedAt) {
      random(bytes);
      const chance = new DataView(bytes.buffer).getBigUint64(0);
      return eventIds(toDigits(BigInt(receivedAt), timeDigits) + toDigits(chance, randomDigits), false);
    },
    derived(tenant, idempotencyKey) {
      const digest = createHash('sha256').update(`${tenant}\n${idempotencyKey}`).digest();
      return eventIds(toDigits(digest.readBigUInt64BE(0) * 2n ** 64n + digest.readBigUInt64BE(8), digestDigits), true);
    },
  };
}

/** Random bytes, no byte twice: the call that makes them takes as long for some thousands as for eight. */
function createRandomSource(): (bytes: Uint8Array) => void {
  const pool = new Uint8Array(randomPoolBytes);
  let used = pool.length;
  return (bytes) => {
    if (used + bytes.length > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    bytes.set(pool.subarray(used, used + bytes.length));
    used += bytes.length;
  };
}

const eventIds = (prefix: string, isDerived: boolean): EventIds => {
  const start = `evt_${prefix}`;
  return { at: (index) => start + endOf(index), start, end: endOf, isDerived };
};

const endOf = (index: number): string => positions[index] as string;

/** The last `count` base-62 digits of a number; their order is the order of the numbers. Pairs: to divide a bigint takes long. */
function toDigits(value: bigint, count: number): string {
  let digits = '';
  for (let rest = value; digits.length < count; rest /= pairs) digits = positions[Number(rest % pairs)] + digits;
  return digits;
}
