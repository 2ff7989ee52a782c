import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createKafkaLink, type KafkaLink, TOPIC_RESOURCE } from '../../../platform/log-store/kafka.ts';
import { migrateKafka } from '../../../platform/migrate/migrate-kafka.ts';
import { MigrationError } from '../../../platform/migrate/migration-files.ts';
import { TOPIC_SETTINGS } from '../../../schemas/topics.ts';
import { type KafkaCluster, startKafka } from '../../support/kafka-broker.ts';
import { QUIET } from '../../support/kafka-log.ts';

const EVENTS = 'tidemark.events.v1';

let kafka: KafkaCluster;
let link: KafkaLink;
let prefix: string;

beforeAll(async () => {
  kafka = await startKafka();
  link = createKafkaLink({ brokers: kafka.brokers, clientId: 'test', log: QUIET });
  await link.admin.connect();
});
afterAll(async () => {
  link?.cut();
  await kafka?.stop();
});
beforeEach(() => {
  prefix = `${randomUUID()}.`;
});

const migrate = (topics = TOPIC_SETTINGS) =>
  migrateKafka({
    connection: { brokers: kafka.brokers, clientId: 'test', log: QUIET },
    replicationFactor: kafka.replicationFactor,
    minInSyncReplicas: 1,
    prefix,
    topics,
  });

async function settingsOf(name: string): Promise<Record<string, string>> {
  const resources = [{ type: TOPIC_RESOURCE, name: prefix + name }];
  const answer = await link.admin.describeConfigs({ resources, includeSynonyms: false });
  return Object.fromEntries(
    answer.resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
  );
}

test('creates the topics with their partitions and settings, once', async () => {
  expect(await migrate()).toEqual(Object.keys(TOPIC_SETTINGS).map((topic) => prefix + topic));
  expect(await migrate()).toEqual([]);
  const { topics } = await link.admin.fetchTopicMetadata({ topics: [prefix + EVENTS] });
  expect(topics[0]?.partitions).toHaveLength(TOPIC_SETTINGS[EVENTS].partitions);
  expect(await settingsOf(EVENTS)).toMatchObject({
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': '1',
    'retention.ms': String(TOPIC_SETTINGS[EVENTS].retentionMs),
    'retention.bytes': String(TOPIC_SETTINGS[EVENTS].retentionBytes),
  });
});

test('brings our settings up to date and leaves those of the operator alone', async () => {
  await migrate();
  const ours = { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '1000', 'segment.ms': '123456' };
  const configEntries = Object.entries(ours).map(([name, value]) => ({ name, value }));
  const resources = [{ type: TOPIC_RESOURCE, name: prefix + EVENTS, configEntries }];
  await link.admin.alterConfigs({ validateOnly: false, resources });
  await migrate();
  const retentionMs = String(TOPIC_SETTINGS[EVENTS].retentionMs);
  expect(await settingsOf(EVENTS)).toMatchObject({ 'retention.ms': retentionMs, 'segment.ms': '123456' });
});

test('complains about another number of partitions', async () => {
  await link.admin.createTopics({ topics: [{ topic: prefix + EVENTS, numPartitions: 3 }], waitForLeaders: true });
  await expect(migrate()).rejects.toBeInstanceOf(MigrationError);
  await expect(migrate()).rejects.toThrow(/has 3 partitions, expected 4/);
});

test('complains about a topic that keeps the times of the producers', async () => {
  await link.admin.createTopics({ topics: [{ topic: prefix + EVENTS, numPartitions: 4 }], waitForLeaders: true });
  await expect(migrate()).rejects.toThrow(/message.timestamp.type is CreateTime/);
});

test('says that the brokers are too few for the copies', async () => {
  const connection = { brokers: kafka.brokers, clientId: 'test', log: QUIET };
  const migrating = migrateKafka({ connection, replicationFactor: 30, minInSyncReplicas: 2, prefix });
  await expect(migrating).rejects.toThrow(/did not create topic .* with 30 replicas/);
});
