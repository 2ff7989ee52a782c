import { createLoadTenant } from '../../../bench/load/world.ts';
import { createApiClient } from '../../../bench/support/client.ts';
import { type RunningPipeline, startPipeline, unattended } from '../../../bench/support/running-pipeline.ts';
import { waitUntil } from '../../../bench/support/wait.ts';
import { type ClickHouse, createClickHouse } from '../../../platform/clickhouse.ts';
import { createKafkaLog } from '../../../platform/log-store/kafka/kafka-log.ts';
import { createKafkaLink, type KafkaLink } from '../../../platform/log-store/kafka.ts';
import type { LogStore } from '../../../platform/log-store/log-store.ts';
import { findClickHouse } from '../../../platform/supervisor/endpoints.ts';
import { TOPIC_SETTINGS, TOPICS } from '../../../schemas/topics.ts';
import { type KafkaCluster, type KafkaNode, startOwnKafka } from '../../support/kafka-broker.ts';
import { QUIET } from '../../support/kafka-log.ts';
import type { LoadTarget } from './load.ts';

/** The whole pipeline, started as its operator would, on a Kafka cluster whose brokers can be disturbed. */
export interface KafkaWorld extends AsyncDisposable {
  kafka: KafkaCluster;
  pipeline: RunningPipeline;
  target: LoadTarget;
  log: LogStore;
  clickhouse: ClickHouse;
  /** What the pipeline has printed so far. */
  lines: readonly string[];
  /** The broker that leads the partition with most records. */
  findLoadedLeader(): Promise<KafkaNode>;
  /** Waits until every broker has every record of the load. */
  waitUntilInSync(): Promise<void>;
}

const inSyncWithinMs = 120_000;

const orgCodes = ['KAFKA1', 'KAFKA2', 'KAFKA3'];
const eventPartitions = Array.from({ length: TOPIC_SETTINGS[TOPICS.events].partitions }, (_, index) => index);

/** Three brokers with three copies of each record, two of them needed for an acknowledgement. */
export async function startKafkaWorld(): Promise<KafkaWorld> {
  await using parts = new AsyncDisposableStack();
  const kafka = await startOwnKafka(3);
  parts.defer(() => kafka.stop());
  const lines: string[] = [];
  const pipeline = await startPipeline({
    env: {
      ...unattended,
      KAFKA_BROKERS: kafka.brokers.join(','),
      KAFKA_REPLICATION_FACTOR: '3',
      KAFKA_MIN_INSYNC_REPLICAS: '2',
    },
    onLine: (line) => lines.push(line),
  });
  parts.defer(() => pipeline.stop());
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const tenants: LoadTarget['tenants'][number][] = [];
  for (const orgCode of orgCodes) tenants.push({ orgCode, key: await createLoadTenant(admin, orgCode) });
  const clickhouse = createClickHouse(findClickHouse({ dataDir: pipeline.dataDir ?? '' }));
  parts.defer(() => clickhouse.close());
  const log = await createKafkaLog({ brokers: kafka.brokers, clientId: 'chaos', log: QUIET });
  parts.defer(() => log.close());
  const owned = parts.move();
  return {
    kafka,
    pipeline,
    target: { url: pipeline.ingestUrl, tenants },
    log,
    clickhouse,
    lines,
    findLoadedLeader: () => findLoadedLeader(kafka, log),
    waitUntilInSync: () =>
      waitUntil({ what: 'brokers in sync', withinMs: inSyncWithinMs }, async () => {
        const partitions = await describePartitions(kafka.brokers).catch(() => []); // A broker that is just starting.
        return partitions.length > 0 && partitions.every(({ isr }) => isr.length === kafka.replicationFactor);
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function findLoadedLeader({ brokers, nodes }: KafkaCluster, log: LogStore): Promise<KafkaNode> {
  const sizes = await Promise.all(eventPartitions.map((partition) => log.bounds(TOPICS.events, partition)));
  const loaded = sizes.reduce((most, { next }, index) => (next > (sizes[most]?.next ?? 0) ? index : most), 0);
  const leader = (await describePartitions(brokers)).find(({ partitionId }) => partitionId === loaded)?.leader;
  const node = nodes.find(({ id }) => id === leader);
  if (!node) throw new Error(`partition ${loaded} has no leader`);
  return node;
}

async function describePartitions(brokers: readonly string[]): Promise<PartitionMetadata[]> {
  const link = createKafkaLink({ brokers, clientId: 'chaos', log: QUIET });
  try {
    await link.admin.connect();
    const { topics } = await link.admin.fetchTopicMetadata({ topics: [TOPICS.events] });
    return topics[0]?.partitions ?? [];
  } finally {
    link.cut();
  }
}

type PartitionMetadata = Awaited<
  ReturnType<KafkaLink['admin']['fetchTopicMetadata']>
>['topics'][number]['partitions'][number];
