import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Env, readConfig } from '../../../platform/config.ts';
import { createLog } from '../../../platform/log.ts';
import { openLogStore } from '../../../platform/log-store/open.ts';
import { migrateTopics } from '../../../platform/migrate/migrate-topics.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { type KafkaCluster, startOwnKafka } from '../../support/kafka-broker.ts';
import { createCertificate } from '../../support/kafka-security.ts';
import { waitFor } from '../../support/processes.ts';
import { bytes, collect } from './collect.ts';

const SOON_MS = 10_000;
const log = createLog('test', 'silent');
let kafka: KafkaCluster;
let dir: string;
/** Everything right, with PLAIN. */
let env: Env;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tidemark-tls-'));
  kafka = await startOwnKafka(1, { isSecure: true });
  env = {
    KAFKA_BROKERS: kafka.nodes[0]?.secureAddress,
    KAFKA_REPLICATION_FACTOR: '1',
    KAFKA_SSL: 'on',
    KAFKA_SSL_CA: kafka.security?.caPath,
    KAFKA_SASL_USERNAME: kafka.security?.username,
    KAFKA_SASL_PASSWORD: kafka.security?.password,
    TIDEMARK_LOG_LEVEL: 'silent',
  };
});
afterAll(async () => {
  await kafka?.stop();
  await rm(dir, { recursive: true, force: true });
});

const open = (changes: Env = {}) => openLogStore(readConfig({ ...env, ...changes }));

describe('Kafka over TLS', () => {
  test.each(['plain', 'scram-sha-512'])(
    'makes topics, appends, delivers and commits with a password (%s)',
    async (mechanism) => {
      const changes = { KAFKA_SASL_MECHANISM: mechanism, KAFKA_PREFIX: `${mechanism}.` };
      await migrateTopics(readConfig({ ...env, ...changes }), log);
      const store = await open(changes);
      try {
        expect(await store.append(TOPICS.events, 1, [bytes('a'), bytes('b')])).toEqual([0, 1]);
        const { consumer, values, assigned } = await collect(store, { topics: [TOPICS.events] });
        await waitFor(() => values(1).length === 2, SOON_MS);
        const epoch = assigned.find(({ partition }) => partition === 1)?.epoch ?? -1;
        await consumer.commit(TOPICS.events, 1, { offset: 2, metadata: 'plan', epoch });
        expect(await store.committed('group', TOPICS.events, 1)).toEqual({ offset: 2, metadata: 'plan' });
      } finally {
        await store.close();
      }
    },
  );

  test.each([
    ['a wrong password', { KAFKA_SASL_PASSWORD: 'wrong' }, /KAFKA_SASL_PASSWORD/],
    [
      'a wrong password (SCRAM)',
      { KAFKA_SASL_PASSWORD: 'wrong', KAFKA_SASL_MECHANISM: 'scram-sha-512' },
      /KAFKA_SASL_PASSWORD/,
    ],
    ['an unknown user', { KAFKA_SASL_USERNAME: 'nobody' }, /KAFKA_SASL_USERNAME/],
    ['a mechanism that is not offered', { KAFKA_SASL_MECHANISM: 'scram-sha-256' }, /KAFKA_SASL_MECHANISM/],
    ['only the public authorities', { KAFKA_SSL_CA: undefined }, /KAFKA_SSL_CA/],
  ])('refuses %s at once, naming the variable', async (_what, changes, variable) => {
    const startedAt = performance.now();
    const message = { name: 'ConfigError', message: expect.stringMatching(variable) };
    await expect(open(changes)).rejects.toMatchObject(message);
    await expect(migrateTopics(readConfig({ ...env, ...changes }), log)).rejects.toMatchObject(message);
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
  });

  test('refuses a certificate of another authority', async () => {
    const { caPath } = await createCertificate(dir, 'password');
    await expect(open({ KAFKA_SSL_CA: caPath })).rejects.toThrow(/KAFKA_SSL_CA: .* not trusted/);
  });

  test('says which file of authorities it cannot read, or holds none', async () => {
    const empty = join(dir, 'empty.pem');
    await writeFile(empty, 'no certificate');
    await expect(open({ KAFKA_SSL_CA: join(dir, 'none.pem') })).rejects.toThrow(
      /KAFKA_SSL_CA .* cannot be read \(ENOENT\)/,
    );
    await expect(open({ KAFKA_SSL_CA: empty })).rejects.toThrow(/KAFKA_SSL_CA .* without a certificate/);
  });

  test('gives up in time where the broker expects TLS and gets none, or the reverse', async () => {
    await expect(open({ KAFKA_SSL: undefined, KAFKA_SSL_CA: undefined })).rejects.toMatchObject({
      name: 'LogUnavailableError',
    });
    await expect(open({ KAFKA_BROKERS: kafka.brokers[0] })).rejects.toMatchObject({ name: 'LogUnavailableError' });
  });
});
