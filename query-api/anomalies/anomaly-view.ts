import { zOf } from '../../schemas/anomaly-score.ts';
import type { Anomaly } from '../../schemas/api/anomalies.ts';
import { formatInstant } from '../range.ts';
import type { StoredAnomaly } from './read-anomalies.ts';
import type { Resolution } from './resolutions.ts';

/** An anomaly as the API shows it; what ended by itself counts before what was resolved by hand. */
export function toAnomaly(stored: StoredAnomaly, resolution?: Resolution): Anomaly {
  const endsAtMs = stored.endsAtMs === 0 ? (resolution?.resolvedAtMs ?? 0) : stored.endsAtMs;
  return {
    anomaly_id: stored.id,
    service_id: stored.subjectKind === 'service' ? stored.subject : null,
    metric_name: stored.name,
    anomaly_score: stored.score,
    z_score: stored.zScore ?? zOf(stored.score),
    detected_at: formatInstant(stored.detectedAtMs),
    rca_triggered: false,
    resolved: Boolean(stored.isResolved) || resolution !== undefined,
    kind: stored.kind,
    subject_kind: orNull(stored.subjectKind),
    subject: orNull(stored.subject),
    direction: orNull(stored.direction),
    starts_at: formatInstant(stored.startsAtMs),
    ends_at: endsAtMs === 0 ? null : formatInstant(endsAtMs),
    resolved_reason: reasonOf(stored, resolution),
    muted_by: orNull(stored.mutedBy),
    labels: stored.labels,
    annotations: stored.annotations,
    generator_url: orNull(stored.generatorUrl),
    truncated_alerts: stored.truncated,
  };
}

function reasonOf({ kind, reason, endsAtMs }: StoredAnomaly, resolution: Resolution | undefined): string | null {
  if (endsAtMs === 0) return resolution === undefined ? null : 'manual';
  return kind === 'alert' ? 'sender' : orNull(reason);
}

const orNull = (text: string): string | null => (text === '' ? null : text);
