import { zOf } from '../../schemas/anomaly-score.ts';
import type { Anomaly } from '../../schemas/api/anomalies.ts';
import { formatInstant } from '../range.ts';
import type { StoredAnomaly } from './read-anomalies.ts';

/** An anomaly as the API shows it. */
export function toAnomaly(stored: StoredAnomaly): Anomaly {
  return {
    anomaly_id: stored.id,
    service_id: orNull(stored.service),
    metric_name: stored.name,
    anomaly_score: stored.score,
    z_score: zOf(stored.score),
    detected_at: formatInstant(stored.startsAtMs),
    rca_triggered: false,
    resolved: stored.isResolved === 1,
    kind: stored.kind,
    muted_by: orNull(stored.mutedBy),
    ends_at: stored.endsAtMs === 0 ? null : formatInstant(stored.endsAtMs),
    labels: stored.labels,
    annotations: stored.annotations,
    generator_url: orNull(stored.generatorUrl),
    truncated_alerts: stored.truncated,
  };
}

const orNull = (text: string): string | null => (text === '' ? null : text);
