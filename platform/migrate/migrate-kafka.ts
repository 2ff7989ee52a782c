import { setTimeout as delay } from 'node:timers/promises';
import { TOPIC_SETTINGS, type TopicSettings } from '../../schemas/topics.ts';
import { isPassing } from '../log-store/kafka/kafka-errors.ts';
import { toConfigError } from '../log-store/kafka/kafka-refusal.ts';
import { MAX_BATCH_BYTES } from '../log-store/kafka/partition-appender.ts';
import { createKafkaLink, type KafkaConnection, type KafkaLink, TOPIC_RESOURCE } from '../log-store/kafka.ts';
import { MigrationError } from './migration-files.ts';

export interface MigrateKafkaOptions {
  connection: KafkaConnection;
  /** Copies of each record, on as many brokers. */
  replicationFactor: number;
  /** Copies an acknowledgement needs. */
  minInSyncReplicas: number;
  /** Begins the name of each topic. Default: nothing. */
  prefix?: string | undefined;
  /** Default: the topics of Tidemark. */
  topics?: Readonly<Record<string, TopicSettings>>;
}

interface TopicPlan {
  name: string;
  partitions: number;
  config: Record<string, string>;
}

/** Kafka's number for a setting made for this one topic. */
const SET_FOR_TOPIC = 1;
const LEADERS_TIMEOUT_MS = 20_000;
const LEADERS_PAUSE_MS = 100;

/**
 * Creates the topics that are missing and brings our settings of the others up to date; resolves with the names of those it created.
 * Throws MigrationError for a topic with another number of partitions or with the producers' times: an operator has to decide.
 */
export async function migrateKafka(options: MigrateKafkaOptions): Promise<string[]> {
  const { connection, prefix = '', topics = TOPIC_SETTINGS, replicationFactor, minInSyncReplicas } = options;
  const link = createKafkaLink(connection);
  try {
    await link.admin.connect().catch((error: unknown) => {
      throw toConfigError(error) ?? error;
    });
    const existing = new Set(await link.admin.listTopics());
    const created: string[] = [];
    for (const [topic, settings] of Object.entries(topics)) {
      const plan = { name: prefix + topic, ...settings, config: configOf(settings, minInSyncReplicas) };
      if (existing.has(plan.name)) await updateTopic(link, plan);
      else if (await createTopic(link, plan, replicationFactor)) created.push(plan.name);
    }
    return created;
  } finally {
    link.cut();
  }
}

function configOf({ retentionMs, retentionBytes }: TopicSettings, minInSyncReplicas: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'compression.type': 'producer',
    'max.message.bytes': String(MAX_BATCH_BYTES),
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': String(minInSyncReplicas),
    'retention.bytes': String(retentionBytes),
    'retention.ms': String(retentionMs),
    'unclean.leader.election.enable': 'false',
  };
}

/** False when somebody else created it meanwhile. */
async function createTopic({ admin }: KafkaLink, plan: TopicPlan, replicationFactor: number): Promise<boolean> {
  const configEntries = Object.entries(plan.config).map(([name, value]) => ({ name, value }));
  const topic = { topic: plan.name, numPartitions: plan.partitions, replicationFactor, configEntries };
  try {
    const isNew = await admin.createTopics({ topics: [topic], waitForLeaders: false });
    await waitForLeaders(admin, plan);
    return isNew;
  } catch (cause) {
    throw new MigrationError(`Kafka did not create topic ${plan.name} with ${replicationFactor} replicas`, { cause });
  }
}

/** A topic that was created becomes known to the brokers one by one. */
async function waitForLeaders(admin: KafkaLink['admin'], { name, partitions }: TopicPlan): Promise<void> {
  const deadline = performance.now() + LEADERS_TIMEOUT_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const led = topics[0]?.partitions.filter(({ leader }) => leader >= 0) ?? [];
      if (led.length === partitions) return;
      if (performance.now() > deadline) throw new MigrationError(`topic ${name} has no leaders yet`);
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
    await delay(LEADERS_PAUSE_MS);
  }
}

async function updateTopic({ admin }: KafkaLink, { name, partitions, config }: TopicPlan): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
  const count = topics[0]?.partitions.length ?? 0;
  if (count !== partitions) {
    throw new MigrationError(
      `topic ${name} has ${count} partitions, expected ${partitions}; which one a tenant has depends on the number, so move the data or name the topics differently`,
    );
  }
  const { resources } = await admin.describeConfigs({
    resources: [{ type: TOPIC_RESOURCE, name }],
    includeSynonyms: false,
  });
  const entries = resources[0]?.configEntries ?? [];
  const current = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  if (current.get('message.timestamp.type') !== config['message.timestamp.type']) {
    throw new MigrationError(
      `topic ${name} keeps the producers' times (message.timestamp.type is ${current.get('message.timestamp.type')}), expected LogAppendTime; set it if nobody else writes to the topic`,
    );
  }
  if (Object.entries(config).every(([entry, value]) => current.get(entry) === value)) return;
  // Kafka replaces all settings of the topic at once, so those that are not ours go along.
  const theirs = entries.filter(({ configSource }) => Number(configSource) === SET_FOR_TOPIC);
  const all = { ...Object.fromEntries(theirs.map((entry) => [entry.configName, entry.configValue])), ...config };
  const configEntries = Object.entries(all).map(([entry, value]) => ({ name: entry, value }));
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: TOPIC_RESOURCE, name, configEntries }] });
}
