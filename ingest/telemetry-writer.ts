import type { LogStore } from '../platform/log-store/log-store.ts';
import type { Tenant } from '../platform/tenancy/tenancy.ts';
import type { Alert } from '../schemas/telemetry/alert-batch.ts';
import { encodeAlertBatch } from '../schemas/telemetry/alert-batch-codec.ts';
import type { Deployment } from '../schemas/telemetry/deployment-batch.ts';
import { encodeDeploymentBatch } from '../schemas/telemetry/deployment-batch-codec.ts';
import type { ServiceEdge } from '../schemas/telemetry/edge-batch.ts';
import { encodeEdgeBatch } from '../schemas/telemetry/edge-batch-codec.ts';
import type { LogEvent } from '../schemas/telemetry/log-batch.ts';
import { encodeLogBatch } from '../schemas/telemetry/log-batch-codec.ts';
import type { MetricSeries } from '../schemas/telemetry/metric-batch.ts';
import { encodeMetricBatch } from '../schemas/telemetry/metric-batch-codec.ts';
import { TOPIC_SETTINGS, TOPICS, type Topic } from '../schemas/topics.ts';

/** Whom a batch belongs to and where it goes. */
export type Owner = Pick<Tenant, 'id' | 'shard' | 'dataRetentionDays'>;

export interface BatchHead {
  /**
   * Of the batch. With `isRepeatable` it follows from the request (see ingest/telemetry/batch-ids.ts), so that a repeat of the request
   * makes no second rows; else it is random.
   */
  id: string;
  isRepeatable: boolean;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

/** Where in the log a batch is. */
export interface Stored {
  topic: Topic;
  partition: number;
  offset: number;
}

/**
 * Telemetry into the log: each call is one record, all of it or none. Resolves when the record is durable; rejects when the log cannot
 * store it (LogUnavailableError, answered with 503) or when it holds more than a record may (RangeError). The partition is the shard of
 * the tenant.
 */
export interface TelemetryWriter {
  metrics(owner: Owner, batch: BatchHead & { series: MetricSeries[] }): Promise<Stored>;
  logs(owner: Owner, batch: BatchHead & { logs: LogEvent[] }): Promise<Stored>;
  deployments(owner: Owner, batch: BatchHead & { deployments: Deployment[] }): Promise<Stored>;
  edges(owner: Owner, batch: BatchHead & { edges: ServiceEdge[] }): Promise<Stored>;
  alerts(owner: Owner, batch: BatchHead & { alerts: Alert[] }): Promise<Stored>;
}

export function createTelemetryWriter(log: LogStore): TelemetryWriter {
  const append = (topic: Topic, owner: Owner, value: Uint8Array) => appendRecord(log, { topic, owner, value });
  // None is async: a call that waits for the log keeps the encoded bytes, not the objects they were made of.
  return {
    metrics: (owner, batch) => append(TOPICS.metrics, owner, encodeMetricBatch({ ...batch, ...headOf(owner) })),
    logs: (owner, batch) => append(TOPICS.logs, owner, encodeLogBatch({ ...batch, ...headOf(owner) })),
    deployments: (owner, batch) =>
      append(TOPICS.deployments, owner, encodeDeploymentBatch({ ...batch, ...headOf(owner) })),
    edges: (owner, batch) => append(TOPICS.edges, owner, encodeEdgeBatch({ ...batch, ...headOf(owner) })),
    alerts: (owner, batch) => append(TOPICS.alerts, owner, encodeAlertBatch({ ...batch, ...headOf(owner) })),
  };
}

const headOf = ({ id, dataRetentionDays }: Owner) => ({ tenant: id, retentionDays: dataRetentionDays });

interface NewRecord {
  topic: Topic;
  owner: Owner;
  value: Uint8Array;
}

async function appendRecord(log: LogStore, { topic, owner, value }: NewRecord): Promise<Stored> {
  const partition = owner.shard % TOPIC_SETTINGS[topic].partitions;
  const [offset] = await log.append(topic, partition, [value]);
  if (offset === undefined) throw new Error('the log answered an append of one record without its offset');
  return { topic, partition, offset };
}
