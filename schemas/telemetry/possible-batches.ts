import { isTime, MAX_BATCH_EVENTS } from '../events/possible-values.ts';
import type { Alert, AlertBatch } from './alert-batch.ts';
import type { DeploymentBatch } from './deployment-batch.ts';
import type { EdgeBatch, ServiceEdge } from './edge-batch.ts';
import type { LogBatch } from './log-batch.ts';
import type { HistogramPoint, MetricBatch, MetricPoint, MetricSeries } from './metric-batch.ts';

/** Points and histograms of a record together, log events, deployments, edges or alerts: their positions are stored in 16 bits. */
export const MAX_BATCH_ITEMS = MAX_BATCH_EVENTS;

export interface Envelope {
  tenant: string;
  id: string;
  receivedAt: number;
  retentionDays: number;
}

/** Whether a batch holds what ingest could have written. One that does not would spoil every figure it is added to. */
export function isPossibleMetricBatch(batch: MetricBatch): boolean {
  const items = batch.series.reduce((sum, { points, histograms }) => sum + points.length + histograms.length, 0);
  return isWhole(batch, items) && batch.series.every(isPossibleSeries);
}

/** See {@link isPossibleMetricBatch}. */
export function isPossibleLogBatch(batch: LogBatch): boolean {
  return isWhole(batch, batch.logs.length) && batch.logs.every(({ at }) => isTime(at));
}

/** See {@link isPossibleMetricBatch}. */
export function isPossibleDeploymentBatch(batch: DeploymentBatch): boolean {
  return isWhole(batch, batch.deployments.length) && batch.deployments.every(({ at }) => isTime(at));
}

/** See {@link isPossibleMetricBatch}. */
export function isPossibleEdgeBatch(batch: EdgeBatch): boolean {
  return isWhole(batch, batch.edges.length) && batch.edges.every(isPossibleEdge);
}

/** See {@link isPossibleMetricBatch}. */
export function isPossibleAlertBatch(batch: AlertBatch): boolean {
  return isWhole(batch, batch.alerts.length) && batch.alerts.every(isPossibleAlert);
}

/** Whether the head of a batch and the number of its items are what ingest could have written. */
export function isWhole({ tenant, id, receivedAt, retentionDays }: Envelope, items: number): boolean {
  return tenant !== '' && id !== '' && retentionDays >= 0 && items <= MAX_BATCH_ITEMS && isTime(receivedAt);
}

function isPossibleSeries({ points, histograms }: MetricSeries): boolean {
  return points.every(isPossiblePoint) && histograms.every(isPossibleHistogram);
}

export function isPossiblePoint({ at, value, startAt }: MetricPoint): boolean {
  return isTime(at) && Number.isFinite(value) && isTime(startAt);
}

export function isPossibleHistogram({ at, startAt, sum, min, max, bounds, counts }: HistogramPoint): boolean {
  const isShaped = counts.length === bounds.length + 1 && isTime(at) && isTime(startAt);
  return isShaped && [sum, min, max].every(isFiniteOrNone) && isAscending(bounds) && counts.every(isAmount);
}

function isPossibleEdge({ at, calls, errors, durationMs }: ServiceEdge): boolean {
  return isTime(at) && calls >= 0 && errors >= 0 && isAmount(durationMs);
}

function isPossibleAlert({ startsAt, endsAt, score }: Alert): boolean {
  return isTime(startsAt) && isTime(endsAt) && score >= 0 && score <= 1;
}

function isAscending(bounds: readonly number[]): boolean {
  return bounds.every(
    (bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? Number.NEGATIVE_INFINITY),
  );
}

const isFiniteOrNone = (value: number | null): boolean => value === null || Number.isFinite(value);

const isAmount = (value: number): boolean => Number.isFinite(value) && value >= 0;
