import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

/** Creates or updates the topics where Kafka is the log, and loads its client only there. Rejects when a topic is not what we need. */
export async function migrateTopics({ kafkaBrokers, kafka }: Config, log: Log): Promise<void> {
  if (kafkaBrokers === undefined || kafka === undefined) return;
  const { migrateKafka } = await import('./migrate-kafka.ts');
  const { readKafkaConnection } = await import('../log-store/kafka/kafka-connection.ts');
  const connection = await readKafkaConnection({ brokers: kafkaBrokers, settings: kafka, log });
  const created = await migrateKafka({ connection, ...kafka });
  log.info({ created }, 'the topics of Kafka are up to date');
}
