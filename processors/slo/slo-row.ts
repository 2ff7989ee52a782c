import type { SloDefinition } from '../../schemas/control/control-record.ts';
import type { Signal } from '../../schemas/signals/signal-batch.ts';
import { expiresAtSeconds } from '../archive.ts';
import { stableUuid } from '../math/stable-uuid.ts';
import { DateTimeColumn, Float64Column, StringColumn, UInt16Column, UInt64Column } from '../native/columns.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import type { RowColumns } from '../processor.ts';

export const ALARM_KINDS = ['breach', 'burn_fast', 'burn_slow'] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** What is told of an alarm of an SLO. Times are milliseconds since the epoch. */
export interface SloRow {
  tenant: string;
  /** Of the log. */
  partition: number;
  retentionDays: number;
  definition: SloDefinition;
  kind: AlarmKind;
  status: 'open' | 'resolved';
  /** Why it ended; empty while it is open. */
  reason: '' | 'recovered' | 'removed';
  startedAt: number;
  /** What the figures are of. */
  at: number;
  /** 0 while it is open. */
  endedAt: number;
  windowFrom: number;
  events: number;
  bad: number;
  /** Of a burn alarm; else 0. */
  burnShort: number;
  burnLong: number;
  threshold: number;
  mutedBy: string;
  revision: number;
}

const idDigits = 24;
const second = 1000;

/** The same alarm has the same id, whoever folds it. */
export function alarmId({ tenant, definition, kind, startedAt, partition }: SloRow): string {
  const digits = stableUuid(tenant, definition.id, kind, startedAt, partition).replaceAll('-', '');
  return `slo-${digits.slice(0, idDigits)}`;
}

/** The row as a signal: its score is 0.5 where a budget, or a threshold, is just reached, and nears 1 far beyond. */
export function toSloSignal(row: SloRow): { tenant: string; signal: Signal } {
  const { definition, kind, status, revision, startedAt, at, mutedBy } = row;
  const { subjectKind, subject, metric } = definition;
  const signal: Signal = {
    id: alarmId(row),
    kind: kind === 'breach' ? 'slo_breach' : 'slo_burn',
    ...{ status, revision, subjectKind, subject, metric, startedAt, at, score: scoreOf(row), mutedBy },
    details: detailsOf(row),
  };
  return { tenant: row.tenant, signal };
}

function scoreOf({ kind, definition, events, bad, burnLong, threshold }: SloRow): number {
  if (kind !== 'breach') return burnLong / (burnLong + threshold || 1);
  return bad / (bad + (1 - definition.objective) * events || 1);
}

function detailsOf(row: SloRow): Record<string, string> {
  const { definition, kind, reason, windowFrom, events, bad, burnShort, burnLong, threshold } = row;
  const { id, objective, dimensions } = definition;
  const figures = {
    objective,
    events,
    bad,
    windowFrom,
    ...(kind === 'breach' ? {} : { burnShort, burnLong, threshold }),
  };
  return {
    sloId: id,
    alarm: kind,
    ...(reason === '' ? {} : { reason }),
    ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, String(value)])),
    ...Object.fromEntries(Object.entries(dimensions).map(([name, value]) => [`dimension.${name}`, value])),
  };
}

export function createSloColumns(): RowColumns<SloRow> {
  const columns = {
    tenant: new LowCardinalityColumn(),
    slo_id: new StringColumn(),
    kind: new LowCardinalityColumn(),
    id: new StringColumn(),
    status: new LowCardinalityColumn(),
    reason: new LowCardinalityColumn(),
    subject_kind: new LowCardinalityColumn(),
    subject: new LowCardinalityColumn(),
    metric: new LowCardinalityColumn(),
    started_at: new DateTimeColumn(),
    at: new DateTimeColumn(),
    ended_at: new DateTimeColumn(),
    window_from: new DateTimeColumn(),
    objective: new Float64Column(),
    events: new UInt64Column(),
    bad: new UInt64Column(),
    burn_short: new Float64Column(),
    burn_long: new Float64Column(),
    threshold: new Float64Column(),
    muted_by: new StringColumn(),
    revision: new UInt16Column(),
    expires_at: new DateTimeColumn(),
    log_partition: new UInt16Column(),
  };
  const push = (row: SloRow): void => {
    const { definition } = row;
    columns.tenant.push(row.tenant);
    columns.slo_id.push(definition.id);
    columns.kind.push(row.kind);
    columns.id.push(alarmId(row));
    columns.status.push(row.status);
    columns.reason.push(row.reason);
    columns.subject_kind.push(definition.subjectKind);
    columns.subject.push(definition.subject);
    columns.metric.push(definition.metric);
    columns.started_at.push(row.startedAt / second);
    columns.at.push(row.at / second);
    columns.ended_at.push(row.endedAt / second);
    columns.window_from.push(Math.max(row.windowFrom, 0) / second);
    columns.objective.push(definition.objective);
    columns.events.push(Math.round(row.events));
    columns.bad.push(Math.round(row.bad));
    columns.burn_short.push(row.burnShort);
    columns.burn_long.push(row.burnLong);
    columns.threshold.push(row.threshold);
    columns.muted_by.push(row.mutedBy);
    columns.revision.push(row.revision);
    columns.expires_at.push(expiresAtSeconds(row.startedAt, row.retentionDays));
    columns.log_partition.push(row.partition);
  };
  return { columns, push };
}
