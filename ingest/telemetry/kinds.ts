import type { TSchema } from 'typebox';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import {
  type IncomingDeployment,
  IncomingDeploymentSchema,
  IncomingDeploymentsSchema,
  type IncomingLog,
  IncomingLogSchema,
  IncomingLogsSchema,
  type IncomingPoint,
  IncomingPointSchema,
  IncomingPointsSchema,
} from '../../schemas/api/telemetry.ts';
import { TELEMETRY_LIMITS } from '../../schemas/api/telemetry-limits.ts';
import type { Deployment } from '../../schemas/telemetry/deployment-batch.ts';
import type { LogEvent } from '../../schemas/telemetry/log-batch.ts';
import type { MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import type { BatchHead, Owner, Stored } from '../telemetry-writer.ts';
import { acceptDeployments } from './accept-deployments.ts';
import type { AcceptContext, Accepted } from './accept-item.ts';
import { acceptLogs } from './accept-logs.ts';
import { acceptPoints } from './accept-points.ts';

/** One of the things that family T takes. */
export interface TelemetryKind<Incoming = unknown, Item = unknown> {
  /** Path below /events, also that of its batches. */
  name: 'logs' | 'metrics' | 'deployments';
  /** As error messages call one. */
  noun: string;
  itemSchema: TSchema;
  batchSchema: TSchema;
  maxItems: number;
  /** Whether the reference documents have no batch of it. */
  isBatchExtension: boolean;
  accept(intake: TelemetryIntake, items: readonly Incoming[], question: AcceptQuestion): Accepted<Item>;
  /** One record. */
  write(intake: TelemetryIntake, owner: Owner, batch: BatchHead & { items: Item[] }): Promise<Stored>;
}

export interface AcceptQuestion extends AcceptContext {
  tenant: Tenant;
}

export const LOGS: TelemetryKind<IncomingLog, LogEvent> = {
  name: 'logs',
  noun: 'log event',
  itemSchema: IncomingLogSchema,
  batchSchema: IncomingLogsSchema,
  maxItems: TELEMETRY_LIMITS.batchLogs,
  isBatchExtension: false,
  accept: (_intake, items, question) => acceptLogs(items, question),
  write: ({ writer }, owner, { items: logs, ...head }) => writer.logs(owner, { ...head, logs }),
};

export const METRICS: TelemetryKind<IncomingPoint, MetricSeries> = {
  name: 'metrics',
  noun: 'metric event',
  itemSchema: IncomingPointSchema,
  batchSchema: IncomingPointsSchema,
  maxItems: TELEMETRY_LIMITS.batchMetrics,
  isBatchExtension: true,
  accept: (intake, items, question) => acceptPoints(items, { ...question, table: intake.seriesTable(question.tenant) }),
  write: ({ writer }, owner, { items: series, ...head }) => writer.metrics(owner, { ...head, series }),
};

export const DEPLOYMENTS: TelemetryKind<IncomingDeployment, Deployment> = {
  name: 'deployments',
  noun: 'deployment event',
  itemSchema: IncomingDeploymentSchema,
  batchSchema: IncomingDeploymentsSchema,
  maxItems: TELEMETRY_LIMITS.batchDeployments,
  isBatchExtension: true,
  accept: (_intake, items, question) => acceptDeployments(items, question),
  write: ({ writer }, owner, { items: deployments, ...head }) => writer.deployments(owner, { ...head, deployments }),
};
