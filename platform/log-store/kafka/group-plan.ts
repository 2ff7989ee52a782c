import { divide } from '../assignment.ts';

/** A partition of a topic the group reads. */
export interface GroupPartition {
  key: string;
  topic: string;
}

/** A member as it joined. */
export interface PlannedMember {
  id: string;
  topics: ReadonlySet<string>;
  /** Keys of the partitions it holds, as of `generation`. */
  owned: readonly string[];
  generation: number;
}

/**
 * Divides the partitions: keys by member. A partition that must move is given to nobody until its owner no longer claims it,
 * so that its work ends before the next one begins. Of two claims the one of the younger generation counts.
 */
export function planGroup(
  members: readonly PlannedMember[],
  partitions: readonly GroupPartition[],
): Map<string, string[]> {
  const ordered = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const owners = ownersOf(ordered);
  const shares = partitions.map(({ key, topic }) => ({ key, topic, owner: owners.get(key) }));
  const target = divide(
    shares,
    ordered.map(({ topics }, id) => ({ id, topics })),
  );
  const plan = new Map<string, string[]>(members.map(({ id }) => [id, []]));
  for (const { key, owner } of shares) {
    const taker = target.get(key);
    if (taker === undefined || (owner !== undefined && owner !== taker)) continue;
    plan.get(ordered[taker]?.id ?? '')?.push(key);
  }
  return plan;
}

/** Index of the member that holds each partition. */
function ownersOf(members: readonly PlannedMember[]): Map<string, number> {
  const owners = new Map<string, number>();
  for (const [index, { owned, generation }] of members.entries()) {
    for (const key of owned) {
      const rival = members[owners.get(key) ?? -1];
      if (!rival || rival.generation < generation) owners.set(key, index);
    }
  }
  return owners;
}
