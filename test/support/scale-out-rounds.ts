import type { ScaleOut } from './scale-out.ts';

export interface Rounds {
  /** How often members join, leave, die and stand still. */
  rounds: number;
  /** How long a member stands still: longer than the session time-out. */
  freezeMs: number;
  /** How long it may take until each partition has one owner again. */
  settleMs: number;
}

/** Between two events, so that inserts are under way when the next one comes. */
const workMs = 1_500;
const killAfterMs = 300;

/**
 * Two members, then in each round: a third joins, one leaves (SIGTERM), one dies in the middle of its work (SIGKILL) and is replaced, one
 * stands still until others have its partitions, and goes on. After each of it every partition must have exactly one owner.
 */
export async function shareUnderFaults({ members, shared }: ScaleOut, options: Rounds): Promise<void> {
  const { rounds, freezeMs, settleMs } = options;
  let [first, second] = [await members.join(), await members.join()];
  await shared(settleMs);
  for (let round = 0; round < rounds; round++) {
    const third = await members.join();
    await shared(settleMs);
    await delay(workMs);
    await first.leave();
    await shared(settleMs);
    await delay(killAfterMs + Math.random() * workMs);
    await second.kill();
    second = await members.join();
    await shared(settleMs);
    await third.freeze();
    await delay(freezeMs);
    await shared(settleMs);
    third.thaw();
    await shared(settleMs);
    await delay(workMs);
    first = third;
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
