import type { BudgetStore, Lease } from './budget.ts';
import { withinDeadline } from './deadline.ts';

/** Leases in one statement at most. */
export const MAX_LEASES_AT_ONCE = 1_000;

interface Waiting {
  lease: Lease;
  resolve(taken: number): void;
  reject(error: unknown): void;
}

/** Takes a lease; rejects when the store is away or too slow. */
export type TakeLease = (lease: Lease) => Promise<number>;

/** Sends leases to the store, one statement at a time: what is asked for meanwhile goes with the next. */
export function createLeaseQueue(store: BudgetStore): TakeLease {
  let queue: Waiting[] = [];
  let isSending = false;
  const send = async () => {
    isSending = true;
    while (queue.length > 0) {
      const batch = nextBatch(queue);
      queue = queue.filter((waiting) => !batch.has(waiting));
      await sendBatch(store, [...batch]);
    }
    isSending = false;
  };
  return (lease) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    queue.push({ lease, resolve, reject });
    if (!isSending) void send();
    return promise;
  };
}

// One lease of a bucket at a time: a statement can add to a row only once.
function nextBatch(queue: readonly Waiting[]): ReadonlySet<Waiting> {
  const batch = new Map<string, Waiting>();
  for (const waiting of queue) {
    const { bucket, windowStartMs } = waiting.lease;
    const key = `${bucket} ${windowStartMs}`;
    if (!batch.has(key)) batch.set(key, waiting);
    if (batch.size === MAX_LEASES_AT_ONCE) break;
  }
  return new Set(batch.values());
}

async function sendBatch(store: BudgetStore, batch: readonly Waiting[]): Promise<void> {
  try {
    const taken = await withinDeadline(store.take(batch.map(({ lease }) => lease)));
    for (const [index, { resolve }] of batch.entries()) resolve(taken[index] ?? Number.POSITIVE_INFINITY);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
