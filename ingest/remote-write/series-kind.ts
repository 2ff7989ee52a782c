import { TELEMETRY_LIMITS } from '../../schemas/api/telemetry-limits.ts';
import type { MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import type { MetricMetadata, WrittenSeries } from './write-request.ts';

const totalSuffix = /_(?:total|count|sum|bucket)$/;
const partSuffix = /_(?:count|sum|bucket)$/;

/**
 * Whether the samples of a series are totals: as its metadata says, where a histogram or summary has totals in `_count`, `_sum` and `_bucket`;
 * without metadata by the suffix of its name, `_total` among them.
 */
export function kindOf({ identity: { metric }, metadata }: WrittenSeries): MetricSeries['kind'] {
  switch (metadata?.type ?? 'unknown') {
    case 'counter':
      return 'cumulative';
    case 'histogram':
    case 'summary':
      return partSuffix.test(metric) ? 'cumulative' : 'gauge';
    case 'unknown':
      return totalSuffix.test(metric) ? 'cumulative' : 'gauge';
    default:
      return 'gauge';
  }
}

/** The unit in the metadata; empty when there is none, or it is none that could be shown. */
export function unitOf(metadata: MetricMetadata | undefined): string {
  const unit = metadata?.unit ?? '';
  return unit.length <= TELEMETRY_LIMITS.unitLength ? unit : '';
}
