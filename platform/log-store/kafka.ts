import { createRequire } from 'node:module';
import type {
  Admin,
  Broker,
  Cluster,
  Kafka as KafkaClient,
  KafkaConfig,
  LogEntry,
  PartitionerArgs,
  Producer,
  SASLOptions,
} from 'kafkajs';
import type { Log } from '../log.ts';
import { crc32c } from './kafka/crc32c.ts';
import { createLinkSockets, type LinkSockets } from './kafka/link-sockets.ts';
import { type Encoder, mendEncoder } from './kafka/mend-encoder.ts';

const requireKafka = createRequire(import.meta.url);
mendChecksum();
const { AssignerProtocol, ConfigResourceTypes, Kafka, logLevel } = requireKafka('kafkajs') as typeof import('kafkajs');
mendIdleTimer();
mendEncoder((requireKafka('kafkajs/src/protocol/encoder') as { prototype: Encoder }).prototype);

/** How to reach a Kafka cluster. */
export interface KafkaConnection {
  /** `host:port` each. */
  brokers: readonly string[];
  clientId: string;
  /** `ca`: PEM of the authorities to trust instead of the public ones. */
  ssl?: boolean | { ca: string } | undefined;
  sasl?: SASLOptions | undefined;
  /** Where warnings and errors of the client go. */
  log: Pick<Log, 'warn'>;
}

/** The part of a broker that kafkajs keeps out of its types: consumer groups. Every call rejects with the broker's error. */
export interface KafkaNode extends Broker {
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<JoinedGroup>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
}

/** One partition of the answer to a fetch. */
export interface KafkaPartition {
  highWatermark: string;
  messages: { offset: string; timestamp: string; value: Buffer | null; isControlRecord?: boolean }[];
}

export interface JoinedGroup {
  generationId: number;
  leaderId: string;
  memberId: string;
  /** Filled for the leader only. */
  members: { memberId: string; memberMetadata: Buffer }[];
}

/** Connections to the cluster that live and end together. */
export interface KafkaLink {
  admin: Admin;
  cluster: Cluster;
  /** Breaks the connections that are open; the next request opens new ones, first to brokers that did answer. */
  reconnect(): void;
  /** Ends the link at once, whatever is in flight: nothing is sent any more. */
  cut(): void;
}

/** Most time a request waits for its answer before it is repeated, in milliseconds; a long poll has its wait on top. */
const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTION_TIMEOUT_MS = 3_000;
const QUICK_RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 3 };
/** Outlasts every deadline of an append (about 40 s); an end it needs because a producer that was cut goes on until here. */
const LONG_RETRY = { initialRetryTime: 50, maxRetryTime: 1_000, retries: 40 };

/** A link for everything but producing. It fails soon: whoever uses it decides how long to go on. */
export function createKafkaLink(connection: KafkaConnection): KafkaLink {
  const sockets = createLinkSockets();
  const kafka = createKafka(connection, { sockets, retry: QUICK_RETRY });
  return { admin: kafka.admin(), cluster: clusterOf(kafka), reconnect: sockets.reset, cut: sockets.cut };
}

/**
 * A producer on connections of its own. It retries for long, so its user keeps a deadline: one send at a time, to one explicit
 * partition, otherwise kafkajs may lose or repeat acknowledged records (tulios/kafkajs#1303, #1005).
 */
export function createKafkaProducer(connection: KafkaConnection): Pick<KafkaLink, 'reconnect' | 'cut'> & {
  producer: Producer;
} {
  const sockets = createLinkSockets();
  const kafka = createKafka(connection, { sockets, retry: LONG_RETRY });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => statedPartition,
  });
  return { producer, reconnect: sockets.reset, cut: sockets.cut };
}

export const TOPIC_RESOURCE = ConfigResourceTypes.TOPIC;
export const memberMetadata = AssignerProtocol.MemberMetadata;
export const memberAssignment = AssignerProtocol.MemberAssignment;

function statedPartition({ message: { partition } }: PartitionerArgs): number {
  if (partition === undefined) throw new TypeError('every record names its partition');
  return partition;
}

function createKafka(
  connection: KafkaConnection,
  link: { sockets: LinkSockets; retry: KafkaConfig['retry'] },
): KafkaClient {
  const { brokers, clientId, ssl, sasl, log } = connection;
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: link.retry ?? {},
    socketFactory: link.sockets.factory,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      if (!link.sockets.isCut()) log.warn(describeEntry(entry), 'kafka');
    },
  });
}

function describeEntry({ namespace, log: { message, broker, error } }: LogEntry) {
  return { client: namespace, message, broker, error };
}

/** kafkajs hands its cluster to partition assigners and nobody else; this consumer is never run. */
function clusterOf(kafka: KafkaClient): Cluster {
  const captured: Cluster[] = [];
  kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        captured.push(cluster);
        return {
          name: 'unused',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: '', metadata: NOTHING }),
        };
      },
    ],
  });
  const [cluster] = captured;
  if (!cluster) throw new Error('this version of kafkajs no longer hands its cluster to partition assigners');
  return cluster;
}

const NOTHING = Buffer.alloc(0);

/** Takes the place of kafkajs' checksum, which is several times slower and a third of the cost of an append. Before kafkajs is loaded. */
function mendChecksum(): void {
  const path = 'kafkajs/src/protocol/recordBatch/crc32C/crc32C.js';
  requireKafka(path);
  const loaded = requireKafka.cache[requireKafka.resolve(path)];
  if (loaded) loaded.exports = crc32c;
}

/**
 * kafkajs arms a timer after every answer even when no request waits, with a negative delay, which Node makes 1 ms, for ever
 * (tulios/kafkajs#1704). Without a waiting request there is nothing to check: adding one arms the timer.
 */
function mendIdleTimer(): void {
  const { prototype } = requireKafka('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function scheduleWhenNeeded() {
    if (this.pending.length > 0) schedule.call(this);
  };
}

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(this: RequestQueue): void;
}
