import type { MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { isReservedMetric } from '../../schemas/telemetry/reserved-metrics.ts';
import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';

/** Why a series is refused. */
export type LabelDefect =
  | 'no_metric_name'
  | 'reserved_metric_name'
  | 'invalid_label'
  | 'duplicate_label'
  | 'too_many_labels'
  | 'label_name_too_long'
  | 'label_value_too_long';

/** Whose series it is, by its labels. */
export interface SeriesIdentity {
  service: string;
  metric: string;
  /** All labels but the name and the service. */
  labels: Record<string, string>;
  /** What its texts take in a record, were they ASCII. */
  bytes: number;
  defect: LabelDefect | undefined;
  /** What was made of it last. */
  prepared?: PreparedSeries;
}

/** A series as it stands in records, as long as nothing it follows from has changed. */
export interface PreparedSeries {
  /** See SeriesTable.epoch. */
  epoch: object;
  /** Of its metadata. */
  type: string;
  unit: string;
  kind: MetricSeries['kind'];
  unrolled: string[];
  /** See encodeSeriesHead. */
  head: Uint8Array;
}

/** A name and its value; undefined where the bytes are not UTF-8. */
export type Label = readonly [name: string | undefined, value: string | undefined];

/** The labels that name the service of a series, the first that it has. */
export const SERVICE_LABELS = ['service', 'service_name', 'job', 'instance'] as const;
export const UNKNOWN_SERVICE = 'unknown';
const nameLabel = '__name__';
const controlCharacter = /\p{Cc}/u;
const bytesPerText = 4;

/** The identity in the labels of a series. A label with an empty value is as good as absent. */
export function identifySeries(given: readonly Label[]): SeriesIdentity {
  const all = new Map<string, string>();
  let defect: LabelDefect | undefined;
  for (const [name, value] of given) {
    if (value === '') continue;
    defect ??= defectOf(name, value) ?? (all.has(name ?? '') ? 'duplicate_label' : undefined);
    if (defect !== undefined) return refused(defect);
    all.set(name ?? '', value ?? '');
  }
  const metric = all.get(nameLabel);
  if (metric === undefined) return refused('no_metric_name');
  return checked(metric, all);
}

function checked(metric: string, all: Map<string, string>): SeriesIdentity {
  if (isReservedMetric(metric)) return refused('reserved_metric_name');
  if (metric.length > LIMITS.metricNameLength) return refused('label_value_too_long');
  const serviceLabel = SERVICE_LABELS.find((name) => all.has(name)) ?? '';
  const service = all.get(serviceLabel)?.trim() || UNKNOWN_SERVICE;
  if (service.length > LIMITS.serviceLength) return refused('label_value_too_long');
  all.delete(nameLabel);
  all.delete(serviceLabel);
  if (all.size > LIMITS.labels) return refused('too_many_labels');
  const labels: Record<string, string> = {};
  let bytes = textBytes(metric) + textBytes(service);
  for (const [name, value] of all) {
    labels[name] = value;
    bytes += textBytes(name) + textBytes(value);
  }
  return { service, metric, labels, bytes, defect: undefined };
}

function defectOf(name: string | undefined, value: string | undefined): LabelDefect | undefined {
  if (name === undefined || value === undefined || name === '' || name === '__proto__') return 'invalid_label';
  if (name.length > LIMITS.labelNameLength) return 'label_name_too_long';
  if (value.length > LIMITS.labelValueLength) return 'label_value_too_long';
  return controlCharacter.test(name) || isUnfit(name, value) ? 'invalid_label' : undefined;
}

// Names and services are shown and compared everywhere; other values may hold line breaks, as messages do.
function isUnfit(name: string, value: string): boolean {
  if (value.includes('\0')) return true;
  const isName = name === nameLabel || SERVICE_LABELS.some((label) => label === name);
  return isName && controlCharacter.test(value);
}

const refused = (defect: LabelDefect): SeriesIdentity => ({ service: '', metric: '', labels: {}, bytes: 0, defect });

const textBytes = (text: string): number => bytesPerText + text.length;
