import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../platform/config.ts';

const BROKERS = { KAFKA_BROKERS: 'one:9092' };

describe('the settings of Kafka', () => {
  test('are read beside the brokers', () => {
    const { kafka } = readConfig({
      ...BROKERS,
      KAFKA_CLIENT_ID: 'ingest-1',
      KAFKA_SSL: 'on',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'user',
      KAFKA_SASL_PASSWORD: 'word',
      KAFKA_PREFIX: 'team.',
      KAFKA_REPLICATION_FACTOR: '5',
      KAFKA_MIN_INSYNC_REPLICAS: '3',
      KAFKA_SESSION_TIMEOUT_MS: '10000',
    });
    expect(kafka).toEqual({
      clientId: 'ingest-1',
      ssl: true,
      sasl: { mechanism: 'scram-sha-512', username: 'user', password: 'word' },
      prefix: 'team.',
      replicationFactor: 5,
      minInSyncReplicas: 3,
      sessionTimeoutMs: 10_000,
    });
  });

  test('need one copy in sync less than there are copies, unless stated', () => {
    expect(readConfig({ ...BROKERS, KAFKA_REPLICATION_FACTOR: '1' }).kafka?.minInSyncReplicas).toBe(1);
    expect(readConfig({ ...BROKERS, KAFKA_REPLICATION_FACTOR: '4' }).kafka?.minInSyncReplicas).toBe(3);
  });

  test('are absent without brokers', () => {
    expect(readConfig({ KAFKA_CLIENT_ID: 'ingest-1' }).kafka).toBeUndefined();
  });

  test.each([
    ['KAFKA_SSL', 'perhaps', /expected on or off/],
    ['KAFKA_SASL_MECHANISM', 'kerberos', /KAFKA_SASL_USERNAME is not set/],
    ['KAFKA_SASL_USERNAME', 'user', /KAFKA_SASL_PASSWORD is not set/],
    ['KAFKA_CLIENT_ID', 'a b', /KAFKA_CLIENT_ID is "a b"; expected letters/],
    ['KAFKA_PREFIX', 'a/b', /KAFKA_PREFIX/],
    ['KAFKA_REPLICATION_FACTOR', '0', /expected a number from 1 to 32/],
    ['KAFKA_MIN_INSYNC_REPLICAS', '4', /at most KAFKA_REPLICATION_FACTOR, which is 3/],
    ['KAFKA_SESSION_TIMEOUT_MS', '9999', /expected milliseconds from 10000 to 300000/],
  ])('are refused: %s=%s', (name, value, message) => {
    const read = () => readConfig({ ...BROKERS, [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });

  test('never show a password in an error', () => {
    const sasl = { KAFKA_SASL_USERNAME: 'user', KAFKA_SASL_PASSWORD: 'secret', KAFKA_SASL_MECHANISM: 'md5' };
    expect(() => readConfig({ ...BROKERS, ...sasl })).toThrow(/^(?!.*secret).*one of plain/);
  });
});
