import { END_REASONS, EPISODE_EVIDENCE, type Episode } from '../../platform/detection/episode.ts';
import type { Signal } from '../../schemas/signals/signal-batch.ts';
import type { Series } from '../analytics/series.ts';
import { expiresAtSeconds } from '../archive.ts';
import {
  BoolColumn,
  DateTime64Column,
  DateTimeColumn,
  Float64Column,
  StringColumn,
  UInt16Column,
  UInt64Column,
} from '../native/columns.ts';
import { EnumColumn } from '../native/enum-column.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import type { RowColumns } from '../processor.ts';
import { anomalyIdOf } from './anomaly-id.ts';

/** An anomaly of a series as it is now. */
export interface AnomalyRow {
  series: Series;
  retentionDays: number;
  episode: Episode;
}

const statusOf = ({ reason }: Episode): 'open' | 'resolved' => (reason === '' ? 'open' : 'resolved');
const directionOf = ({ finding }: Episode): 'above' | 'below' => (finding.zScore < 0 ? 'below' : 'above');
const idOf = ({ series, episode }: AnomalyRow): string => {
  const { tenant, partition, subjectKind, subject, metric } = series;
  const { kind, startsAt } = episode;
  return anomalyIdOf({ tenant, partition, subjectKind, subject, metric, kind, startsAt });
};

export function toAnomalySignal(row: AnomalyRow): { tenant: string; signal: Signal } {
  const { series, episode } = row;
  const { subjectKind, subject, metric, tenant } = series;
  const { kind, revision, startsAt, endsAt, detectedAt, mutedBy, reason, finding } = episode;
  return {
    tenant,
    signal: {
      id: idOf(row),
      kind: kind === 'statistical' ? 'anomaly' : 'missing_data',
      status: statusOf(episode),
      ...{ revision, subjectKind, subject, metric, mutedBy },
      startedAt: startsAt,
      at: endsAt === 0 ? detectedAt : endsAt,
      score: finding.anomalyScore,
      details: {
        direction: directionOf(episode),
        evidence: finding.evidence,
        value: String(finding.value),
        expected: String(finding.expected),
        zScore: String(finding.zScore),
        ...(reason === '' ? {} : { reason }),
      },
    },
  };
}

export function createAnomalyColumns(): RowColumns<AnomalyRow> {
  const parts = [createNames(), createStates(), createTimes(), createNumbers()];
  return {
    columns: Object.assign({}, ...parts.map(({ columns }) => columns)),
    push(row) {
      for (const part of parts) part.push(row);
    },
  };
}

function createNames(): RowColumns<AnomalyRow> {
  const columns = {
    tenant: new LowCardinalityColumn(),
    id: new StringColumn(),
    subject_kind: new LowCardinalityColumn(),
    subject: new LowCardinalityColumn(),
    metric: new LowCardinalityColumn(),
    expires_at: new DateTimeColumn(),
    log_partition: new UInt16Column(),
  };
  const push = (row: AnomalyRow): void => {
    const { tenant, subjectKind, subject, metric, partition } = row.series;
    columns.tenant.push(tenant);
    columns.id.push(idOf(row));
    columns.subject_kind.push(subjectKind);
    columns.subject.push(subject);
    columns.metric.push(metric);
    columns.expires_at.push(expiresAtSeconds(row.episode.startsAt, row.retentionDays));
    columns.log_partition.push(partition);
  };
  return { columns, push };
}

function createStates(): RowColumns<AnomalyRow> {
  const columns = {
    kind: new EnumColumn(['statistical', 'missing_data']),
    status: new EnumColumn(['open', 'resolved']),
    reason: new EnumColumn(END_REASONS),
    direction: new EnumColumn(['above', 'below']),
    evidence: new EnumColumn(EPISODE_EVIDENCE),
    is_provisional: new BoolColumn(),
    points: new UInt64Column(),
    muted_by: new StringColumn(),
    revision: new UInt16Column(),
  };
  const push = ({ episode }: AnomalyRow): void => {
    const { finding } = episode;
    columns.kind.push(episode.kind);
    columns.status.push(statusOf(episode));
    columns.reason.push(episode.reason);
    columns.direction.push(directionOf(episode));
    columns.evidence.push(finding.evidence);
    columns.is_provisional.push(episode.isProvisional);
    columns.points.push(finding.points);
    columns.muted_by.push(episode.mutedBy);
    columns.revision.push(episode.revision);
  };
  return { columns, push };
}

function createTimes(): RowColumns<AnomalyRow> {
  const columns = {
    starts_at: new DateTime64Column(),
    ends_at: new DateTime64Column(),
    detected_at: new DateTime64Column(),
    at: new DateTime64Column(),
    baseline_from: new DateTime64Column(),
    baseline_to: new DateTime64Column(),
  };
  const push = ({ episode: { startsAt, endsAt, detectedAt, finding } }: AnomalyRow): void => {
    columns.starts_at.push(startsAt);
    columns.ends_at.push(endsAt);
    columns.detected_at.push(detectedAt);
    columns.at.push(finding.at);
    columns.baseline_from.push(finding.baselineFrom);
    columns.baseline_to.push(finding.baselineTo);
  };
  return { columns, push };
}

function createNumbers(): RowColumns<AnomalyRow> {
  const columns = {
    value: new Float64Column(),
    expected: new Float64Column(),
    low: new Float64Column(),
    high: new Float64Column(),
    z_score: new Float64Column(),
    anomaly_score: new Float64Column(),
    probability: new Float64Column(),
  };
  const push = ({ episode: { finding } }: AnomalyRow): void => {
    columns.value.push(finding.value);
    columns.expected.push(finding.expected);
    columns.low.push(finding.low);
    columns.high.push(finding.high);
    columns.z_score.push(finding.zScore);
    columns.anomaly_score.push(finding.anomalyScore);
    columns.probability.push(finding.probability);
  };
  return { columns, push };
}
