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
  /** Longest time from an event (a start included) to one owner for every partition. On Kafka who dies, and everywhere who stands still, is missed after the session time-out. */
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
  const doing = async (event: string, act: () => void | Promise<void>) => {
    const startedAt = performance.now();
    await act();
    await world.shared(settleMs).catch((cause: unknown) => {
      throw new Error(`after a member ${event}, partitions are without owner or have two`, { cause });
    });
    const tookMs = Math.round(performance.now() - startedAt);
    shared.longestHandoverMs = Math.max(shared.longestHandoverMs, tookMs);
    report?.(`a member ${event}: one owner a partition after ${tookMs} ms`);
    return tookMs;
  };
  let members = [await world.members.join(), await world.members.join()];
  for (let round = 0; round < rounds; round++) members = await liveThrough({ world, members, freezeMs, doing });
  return shared;
}

interface Round {
  world: ScaleOut;
  /** Two. */
  members: Member[];
  freezeMs: number;
  /** Resolves with the time until every partition had one owner again, milliseconds. */
  doing: (event: string, act: () => void | Promise<void>) => Promise<number>;
}

async function liveThrough({ world, members, freezeMs, doing }: Round): Promise<Member[]> {
  const [first, second] = members as [Member, Member];
  const joined: Member[] = [];
  const join = async () => void joined.push(await world.members.join());
  await doing('joined', join);
  await delay(workMs);
  await doing('left', () => first.leave());
  await doing('joined', join);
  await delay(killAfterMs + Math.random() * workMs);
  await doing('was killed', () => second.kill());
  const [third, fourth] = joined as [Member, Member];
  const tookMs = await doing('stood still', () => third.freeze());
  if (tookMs >= freezeMs)
    throw new Error(`the partitions of a frozen member moved after ${tookMs} ms, too late to tell`);
  await delay(freezeMs - tookMs);
  await doing('went on', () => third.thaw());
  await delay(workMs);
  return [third, fourth];
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
