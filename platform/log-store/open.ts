import type { Config } from '../config.ts';
import { createLog } from '../log.ts';
import { createEmbeddedLog } from './embedded-client.ts';
import type { LogStore } from './log-store.ts';

/** What of the configuration decides which log is used, and how. */
export type LogConfig = {
  [Name in 'logUrl' | 'kafkaBrokers' | 'kafka' | 'logLevel']?: Config[Name] | undefined;
};

/** Opens the log that is configured, Kafka before the embedded one. Rejects when none is, or when it cannot be reached or does not accept us. */
export async function openLogStore({ logUrl, kafkaBrokers, kafka, logLevel = 'info' }: LogConfig): Promise<LogStore> {
  if (kafkaBrokers !== undefined) {
    const { createKafkaLog } = await import('./kafka/kafka-log.ts');
    const { readKafkaConnection } = await import('./kafka/kafka-connection.ts');
    const log = createLog('kafka', logLevel);
    const connection = await readKafkaConnection({ brokers: kafkaBrokers, settings: kafka, log });
    const times = kafka?.sessionTimeoutMs === undefined ? {} : { sessionMs: kafka.sessionTimeoutMs };
    return createKafkaLog({ ...connection, prefix: kafka?.prefix, times });
  }
  if (logUrl === undefined) {
    throw new Error(
      'no log is configured: set KAFKA_BROKERS or TIDEMARK_LOG_URL, or run npm start, which brings its own',
    );
  }
  return createEmbeddedLog({ url: logUrl });
}
