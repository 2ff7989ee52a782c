import type { Member } from './members.ts';
import type { ScaleOut } from './scale-out.ts';

export interface Rounds {
  /** How often members join, leave, die and stand still. */
  rounds: number;
  /** How long a member stands still: longer than the session time-out. */
  freezeMs: number;
  /** How long it may take until each partition has one owner again. */
  settleMs: number;
  report?: (line: string) => void;
}

export interface Shared {
  /** Longest time from an event to one owner for every partition. A killed or frozen member is missed after the session time-out. */
  longestHandoverMs: number;
}

/** Between two events, so that inserts are under way when the next one comes. */
const workMs = 1_500;
const killAfterMs = 300;

/**
 * Two members, then in each round: a third joins, one leaves (SIGTERM), one dies in the middle of its work (SIGKILL) and is replaced, one
 * stands still until others have its partitions, and goes on. Rejects when a partition has no owner, or two, for longer than allowed.
 */
export async function shareUnderFaults(world: ScaleOut, options: Rounds): Promise<Shared> {
  const { rounds, freezeMs, settleMs, report } = options;
  const shared = { longestHandoverMs: 0 };
  const settle = async (event: string) => {
    const startedAt = performance.now();
    await world.shared(settleMs).catch((cause: unknown) => {
      throw new Error(`after a member ${event}, partitions are without owner or have two`, { cause });
    });
    const tookMs = Math.round(performance.now() - startedAt);
    shared.longestHandoverMs = Math.max(shared.longestHandoverMs, tookMs);
    report?.(`a member ${event}: one owner a partition after ${tookMs} ms`);
  };
  let members = [await world.members.join(), await world.members.join()];
  await settle('joined');
  for (let round = 0; round < rounds; round++) members = await liveThrough({ world, members, freezeMs, settle });
  return shared;
}

interface Round {
  world: ScaleOut;
  /** Two. */
  members: Member[];
  freezeMs: number;
  settle: (event: string) => Promise<void>;
}

async function liveThrough({ world, members, freezeMs, settle }: Round): Promise<Member[]> {
  const [first, second] = members as [Member, Member];
  const third = await world.members.join();
  await settle('joined');
  await delay(workMs);
  await first.leave();
  await settle('left');
  await delay(killAfterMs + Math.random() * workMs);
  await second.kill();
  const fourth = await world.members.join();
  await settle('was killed');
  await third.freeze();
  await delay(freezeMs);
  await settle(`stood still for ${freezeMs} ms`);
  third.thaw();
  await settle('went on');
  await delay(workMs);
  return [third, fourth];
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
