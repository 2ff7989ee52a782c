import { type JoinedGroup, memberAssignment, memberMetadata } from '../kafka.ts';
import { partitionKey } from '../offset-store.ts';
import { type GroupPartition, type PlannedMember, planGroup } from './group-plan.ts';

/** Name of the way this group divides its partitions; members that do it differently are refused by Kafka. */
export const PROTOCOL_NAME = 'tidemark-cooperative-1';

/** A partition as Kafka names it. */
export interface TopicPartition {
  topic: string;
  partition: number;
}

/** What a member tells the leader of its group. */
export interface MemberClaim {
  topics: readonly string[];
  /** Keys of held partitions. */
  owned: readonly string[];
  generation: number;
}

export function encodeClaim({ topics, owned, generation }: MemberClaim): Buffer {
  const userData = Buffer.from(JSON.stringify({ owned, generation }));
  return memberMetadata.encode({ version: 1, topics: [...topics], userData });
}

/** The leader's division of all partitions of the topics, as Kafka hands it to the members. */
export function encodePlan(
  members: JoinedGroup['members'],
  partitionsOf: ReadonlyMap<string, number>,
): { memberId: string; memberAssignment: Buffer }[] {
  const partitions = new Map<string, GroupPartition & TopicPartition>();
  for (const [topic, count] of partitionsOf) {
    for (let partition = 0; partition < count; partition++) {
      const key = partitionKey(topic, partition);
      partitions.set(key, { key, topic, partition });
    }
  }
  const plan = planGroup(members.map(decodeClaim), [...partitions.values()]);
  return [...plan].map(([memberId, keys]) => {
    const assignment: Record<string, number[]> = {};
    for (const key of keys) {
      const found = partitions.get(key);
      if (found) assignment[found.topic] = [...(assignment[found.topic] ?? []), found.partition];
    }
    return {
      memberId,
      memberAssignment: memberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) }),
    };
  });
}

/** The partitions a member was given. */
export function decodeAssignment(encoded: Buffer): TopicPartition[] {
  const assignment = encoded.length === 0 ? {} : (memberAssignment.decode(encoded)?.assignment ?? {});
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

/** Topics that any member reads. */
export function topicsOf(members: JoinedGroup['members']): string[] {
  return [...new Set(members.flatMap((member) => [...decodeClaim(member).topics]))];
}

function decodeClaim({ memberId, memberMetadata: encoded }: JoinedGroup['members'][number]): PlannedMember {
  const { topics = [], userData } = memberMetadata.decode(encoded) ?? {};
  const { owned, generation } = JSON.parse(String(userData)) as Pick<MemberClaim, 'owned' | 'generation'>;
  return { id: memberId, topics: new Set(topics), owned, generation };
}
