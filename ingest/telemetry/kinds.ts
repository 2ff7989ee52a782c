import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import type { IncomingDeployment, IncomingLog, IncomingPoint, TELEMETRY_ROUTES } from '../../schemas/api/telemetry.ts';
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
  name: keyof typeof TELEMETRY_ROUTES;
  accept(intake: TelemetryIntake, items: readonly Incoming[], question: AcceptQuestion): Accepted<Item>;
  /** One record. */
  write(intake: TelemetryIntake, owner: Owner, batch: BatchHead & { items: Item[] }): Promise<Stored>;
}

export interface AcceptQuestion extends AcceptContext {
  tenant: Tenant;
}

export const LOGS: TelemetryKind<IncomingLog, LogEvent> = {
  name: 'logs',
  accept: (_intake, items, question) => acceptLogs(items, question),
  write: ({ writer }, owner, { items: logs, ...head }) => writer.logs(owner, { ...head, logs }),
};

export const METRICS: TelemetryKind<IncomingPoint, MetricSeries> = {
  name: 'metrics',
  accept: (intake, items, question) => acceptPoints(items, { ...question, table: intake.seriesTable(question.tenant) }),
  write: ({ writer }, owner, { items: series, ...head }) => writer.metrics(owner, { ...head, series }),
};

export const DEPLOYMENTS: TelemetryKind<IncomingDeployment, Deployment> = {
  name: 'deployments',
  accept: (_intake, items, question) => acceptDeployments(items, question),
  write: ({ writer }, owner, { items: deployments, ...head }) => writer.deployments(owner, { ...head, deployments }),
};
