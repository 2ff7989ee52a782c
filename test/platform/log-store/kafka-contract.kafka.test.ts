import { afterAll, beforeAll } from 'vitest';
import { type KafkaCluster, startKafka } from '../../support/kafka-broker.ts';
import { createTestTopics, openTestLog } from '../../support/kafka-log.ts';
import { describeLogContract } from './contract.ts';

let kafka: KafkaCluster;

beforeAll(async () => {
  kafka = await startKafka();
});

afterAll(() => kafka?.stop());

describeLogContract('Kafka', async ({ topics, revokeTimeoutMs }) => {
  const prefix = await createTestTopics(kafka, topics);
  return {
    open: () => openTestLog(kafka, { prefix, times: { revokeMs: revokeTimeoutMs } }),
    kill: (client) => client.close(),
    close: async () => undefined,
  };
});
