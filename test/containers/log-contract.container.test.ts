import { afterAll, beforeAll } from 'vitest';
import { describeLogContract } from '../platform/log-store/contract.ts';
import { startKafkaContainer } from '../support/containers.ts';
import type { KafkaCluster } from '../support/kafka-broker.ts';
import { createTestTopics, openTestLog } from '../support/kafka-log.ts';

let kafka: KafkaCluster;

beforeAll(async () => {
  kafka = await startKafkaContainer();
});

afterAll(() => kafka?.stop());

describeLogContract('Kafka in a container', async ({ topics, revokeTimeoutMs }) => {
  const prefix = await createTestTopics(kafka, topics);
  return {
    open: () => openTestLog(kafka, { prefix, times: { revokeMs: revokeTimeoutMs } }),
    kill: (client) => client.close(),
    close: async () => undefined,
  };
});
