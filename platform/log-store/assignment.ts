/** A partition to divide, with the member that has it now. */
export interface Share {
  key: string;
  topic: string;
  owner: number | undefined;
}

export interface Candidate {
  id: number;
  topics: ReadonlySet<string>;
}

/**
 * Divides partitions among the members that subscribe to their topic: the owner by partition key. Where subscriptions are equal, the members'
 * counts of each topic differ by one at most, so that no member has all of a busy one, and their counts in all as little as that allows.
 * A partition moves only when that is needed for it.
 */
export function divide(shares: readonly Share[], members: readonly Candidate[]): Map<string, number> {
  const held = new Map<number, Share[]>(members.map((member) => [member.id, []]));
  const orphans: Share[] = [];
  for (const share of shares) {
    const owner = members.find((member) => member.id === share.owner && member.topics.has(share.topic));
    (owner ? shareOf(held, owner.id) : orphans).push(share);
  }
  for (const orphan of orphans) {
    const taker = leastLoaded(orphan.topic, members, held);
    if (taker) shareOf(held, taker.id).push(orphan);
  }
  while (moveOne(members, held));
  return new Map([...held].flatMap(([id, owned]) => owned.map((share) => [share.key, id] as const)));
}

function shareOf(held: Map<number, Share[]>, id: number): Share[] {
  const owned = held.get(id);
  if (!owned) throw new Error(`member ${id} is not part of the division`);
  return owned;
}

const countOf = (topic: string, owned: readonly Share[]): number =>
  owned.reduce((count, share) => (share.topic === topic ? count + 1 : count), 0);

/** The member with fewest partitions of the topic; of several the one with fewest in all. */
function leastLoaded(topic: string, members: readonly Candidate[], held: Map<number, Share[]>): Candidate | undefined {
  const load = ({ id }: Candidate) => {
    const owned = shareOf(held, id);
    return { ofTopic: countOf(topic, owned), inAll: owned.length };
  };
  return members
    .filter(({ topics }) => topics.has(topic))
    .map((member) => ({ member, ...load(member) }))
    .reduce<(ReturnType<typeof load> & { member: Candidate }) | undefined>((least, next) => {
      if (least === undefined || next.ofTopic < least.ofTopic) return next;
      return next.ofTopic === least.ofTopic && next.inAll < least.inAll ? next : least;
    }, undefined)?.member;
}

/** Moves one partition to a member with at least two fewer, of its topic or else in all; false when there is no such move. */
function moveOne(members: readonly Candidate[], held: Map<number, Share[]>): boolean {
  const byLoad = [...members].sort((a, b) => shareOf(held, b.id).length - shareOf(held, a.id).length);
  const moveFrom = (giver: Candidate, isWorthIt: IsWorthIt): boolean => {
    const owned = shareOf(held, giver.id);
    for (let index = owned.length - 1; index >= 0; index--) {
      const share = owned[index];
      const taker = share && leastLoaded(share.topic, members, held);
      if (!share || !taker || !isWorthIt(share.topic, owned, shareOf(held, taker.id))) continue;
      owned.splice(index, 1);
      shareOf(held, taker.id).push(share);
      return true;
    }
    return false;
  };
  return [evensTopic, evensAll].some((isWorthIt) => byLoad.some((giver) => moveFrom(giver, isWorthIt)));
}

type IsWorthIt = (topic: string, giver: readonly Share[], taker: readonly Share[]) => boolean;

const evensTopic: IsWorthIt = (topic, giver, taker) => countOf(topic, taker) + 2 <= countOf(topic, giver);

const evensAll: IsWorthIt = (topic, giver, taker) =>
  taker.length + 2 <= giver.length && countOf(topic, taker) < countOf(topic, giver);
