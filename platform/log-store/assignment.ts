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
 * Divides partitions among the members that subscribe to their topic: the owner by partition key.
 * Counts differ by one at most where subscriptions are equal, and a partition moves only when that is needed for it.
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

function leastLoaded(topic: string, members: readonly Candidate[], held: Map<number, Share[]>): Candidate | undefined {
  let least: Candidate | undefined;
  for (const member of members) {
    if (!member.topics.has(topic)) continue;
    if (!least || shareOf(held, member.id).length < shareOf(held, least.id).length) least = member;
  }
  return least;
}

/** Moves one partition to a member with at least two fewer; false when there is no such move. */
function moveOne(members: readonly Candidate[], held: Map<number, Share[]>): boolean {
  const byLoad = [...members].sort((a, b) => shareOf(held, b.id).length - shareOf(held, a.id).length);
  for (const giver of byLoad) {
    const owned = shareOf(held, giver.id);
    for (let index = owned.length - 1; index >= 0; index--) {
      const share = owned[index];
      const taker = share && leastLoaded(share.topic, members, held);
      if (!share || !taker || shareOf(held, taker.id).length + 2 > owned.length) continue;
      owned.splice(index, 1);
      shareOf(held, taker.id).push(share);
      return true;
    }
  }
  return false;
}
