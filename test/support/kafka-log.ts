import { randomUUID } from 'node:crypto';
import { createKafkaLog, type KafkaLogOptions } from '../../platform/log-store/kafka/kafka-log.ts';
import { createKafkaLink } from '../../platform/log-store/kafka.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { migrateKafka } from '../../platform/migrate/migrate-kafka.ts';
import type { TopicSettings } from '../../schemas/topics.ts';
import type { KafkaCluster } from './kafka-broker.ts';

export const QUIET = { warn: () => undefined };

/** Creates topics of their own for one test; resolves with the prefix of their names. */
export async function createTestTopics(
  { brokers, replicationFactor }: KafkaCluster,
  topics: Readonly<Record<string, TopicSettings>>,
): Promise<string> {
  const prefix = `${randomUUID()}.`;
  const connection = { brokers, clientId: 'test', log: QUIET };
  const minInSyncReplicas = Math.max(1, replicationFactor - 1);
  await migrateKafka({ connection, prefix, topics, replicationFactor, minInSyncReplicas });
  return prefix;
}

/** A client of the cluster that notices others sooner than in production. */
export function openTestLog(
  { brokers }: Pick<KafkaCluster, 'brokers'>,
  options: Pick<KafkaLogOptions, 'prefix'> & Partial<KafkaLogOptions>,
): Promise<LogStore> {
  const times = { heartbeatMs: 100, ...options.times };
  return createKafkaLog({ brokers, clientId: 'test', log: QUIET, ...options, times });
}

/** As Kafka knows the members of a group. */
export async function memberIdsOf({ brokers }: Pick<KafkaCluster, 'brokers'>, group: string): Promise<string[]> {
  const link = createKafkaLink({ brokers, clientId: 'test', log: QUIET });
  try {
    await link.admin.connect();
    const { groups } = await link.admin.describeGroups([group]);
    return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
  } finally {
    link.cut();
  }
}
