/** The topics of the log. A topic's partition is the shard of a tenant: explicit, never left to a client library. */
export const TOPICS = {
  events: 'tidemark.events.v1',
  metrics: 'tidemark.metrics.v1',
  logs: 'tidemark.logs.v1',
  deployments: 'tidemark.deployments.v1',
  alerts: 'tidemark.alerts.v1',
  /** Calls between services, learnt from spans. */
  edges: 'tidemark.edges.v1',
  /** What the stateful processors conclude. */
  signals: 'tidemark.signals.v1',
  dead: 'tidemark.dead.v1',
} as const;

export type Topic = (typeof TOPICS)[keyof typeof TOPICS];

/** How long and how large a topic may grow. `retentionBytes` is per partition. */
export interface TopicSettings {
  partitions: number;
  retentionMs: number;
  retentionBytes: number;
}

const DAY_MS = 86_400_000;
const GIB = 1024 ** 3;

export const TOPIC_SETTINGS: Record<Topic, TopicSettings> = {
  [TOPICS.events]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: 8 * GIB },
  [TOPICS.metrics]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: 8 * GIB },
  [TOPICS.logs]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: 8 * GIB },
  [TOPICS.deployments]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: GIB },
  [TOPICS.alerts]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: GIB },
  [TOPICS.edges]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: GIB },
  [TOPICS.signals]: { partitions: 4, retentionMs: 7 * DAY_MS, retentionBytes: GIB },
  [TOPICS.dead]: { partitions: 1, retentionMs: 30 * DAY_MS, retentionBytes: GIB },
};

/** Consumer group of the processors: what it has committed on a partition is stored in ClickHouse. */
export const PROCESSORS_GROUP = 'processors';

/** Consumer group of the stateful processors: up to what it has committed on a partition their state is stored. */
export const ANALYTICS_GROUP = 'analytics';

/** Consumer group that files the dead letters in PostgreSQL. */
export const DEAD_LETTERS_GROUP = 'dead-letters';
