import { join } from 'node:path';
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import type { KafkaCluster } from './kafka-broker.ts';

// Servers in containers, for machines with a Docker engine: the images of docker-compose.yml. Written where there was none: type-checked,
// its sentence without an engine seen, the containers themselves never started.

const kafkaImage = 'apache/kafka:4.3.1';
const clickhouseImage = 'clickhouse/clickhouse-server:26.7';
const startTimeoutMs = 180_000;
const deploy = join(import.meta.dirname, '../../deploy/clickhouse');
const passwords = { writer: 'writer', reader: 'reader' };
const clickhousePort = 8123;
const kafkaPort = 9092;
/** As deploy/clickhouse/server.xml names it. */
export const clickhouseCluster = 'tidemark';

/** A server with its own Keeper, in which migrations for a cluster make replicated tables. */
export interface ReplicatedClickHouse {
  /** `http://…/tidemark`, as the writer. */
  writerUrl: string;
  /** Kills the server and starts it again on the same data. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** Throws one sentence when no container engine answers. */
export async function needContainerEngine(): Promise<void> {
  await getContainerRuntimeClient().catch((cause: unknown) => {
    throw new Error('no container engine answers: start Docker, or leave npm run test:containers out', { cause });
  });
}

/** Apache Kafka, one broker that is its own controller. */
export async function startKafkaContainer(): Promise<KafkaCluster> {
  await needContainerEngine();
  const port = await findFreePort();
  const container = await new GenericContainer(kafkaImage)
    .withExposedPorts({ container: kafkaPort, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
      KAFKA_LISTENERS: `PLAINTEXT://:${kafkaPort},CONTROLLER://:9094`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '100',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(startTimeoutMs)
    .start();
  const brokers = [`127.0.0.1:${port}`];
  return { brokers, nodes: [], replicationFactor: 1, security: undefined, stop: () => stop(container) };
}

/** ClickHouse with the configuration of deploy/clickhouse: a cluster of one shard and one replica, coordinated by Keeper. */
export async function startReplicatedClickHouse(): Promise<ReplicatedClickHouse> {
  await needContainerEngine();
  const port = await findFreePort();
  const container = await new GenericContainer(clickhouseImage)
    .withHostname('clickhouse')
    .withExposedPorts({ container: clickhousePort, host: port })
    .withEnvironment({
      CLICKHOUSE_SKIP_USER_SETUP: '1',
      CLICKHOUSE_WRITER_PASSWORD: passwords.writer,
      CLICKHOUSE_READER_PASSWORD: passwords.reader,
    })
    .withCopyFilesToContainer([
      { source: join(deploy, 'server.xml'), target: '/etc/clickhouse-server/config.d/tidemark.xml' },
      { source: join(deploy, 'users.xml'), target: '/etc/clickhouse-server/users.d/tidemark.xml' },
    ])
    .withWaitStrategy(Wait.forHttp('/ping', clickhousePort))
    .withStartupTimeout(startTimeoutMs)
    .start();
  return {
    writerUrl: `http://tidemark_writer:${passwords.writer}@127.0.0.1:${port}/tidemark`,
    async killAndRestart() {
      const client = await getContainerRuntimeClient();
      await client.container.getById(container.getId()).kill();
      await container.restart();
    },
    stop: () => stop(container),
  };
}

async function stop(container: StartedTestContainer): Promise<void> {
  await container.stop();
}
