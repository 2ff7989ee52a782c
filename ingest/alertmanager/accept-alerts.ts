import { isTime } from '../../schemas/events/possible-values.ts';
import type { Alert } from '../../schemas/telemetry/alert-batch.ts';
import { parseTimestamp } from '../timestamps.ts';
import { fingerprintOf } from './fingerprint.ts';
import { severityScore } from './severity-scores.ts';

/** Alerts of one notification that are taken; further ones count as left out by the sender. */
export const MAX_ALERTS = 20_000;
/** Labels, in this order, that name the service an alert is about. */
export const SERVICE_LABELS = ['service_id', 'service', 'job'] as const;

export interface AlertContext {
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** Id of the anomaly of an episode: the same for the same tenant, fingerprint and start, whatever the process. */
  anomalyId(fingerprint: string, startsAt: number): string;
  /** Id of the maintenance window that mutes alerts about the service now; undefined: none does. */
  mutedBy(service: string): string | undefined;
}

export interface AcceptedAlerts {
  /** At most one of each anomaly, in the order of the notification. */
  alerts: Alert[];
  /** Elements of `alerts` that are no objects. */
  ignored: number;
}

/**
 * The alerts of a notification in Alertmanager's format (version 4), of Grafana, or of a receiver with a body of its own: all that is needed
 * is `alerts`. Unknown fields are ignored and what is missing is made up for, because Alertmanager never repeats what is refused.
 */
export function acceptAlerts(body: unknown, context: AlertContext): AcceptedAlerts {
  const notification = fieldsOf(body) ?? {};
  const elements: readonly unknown[] = Array.isArray(notification.alerts) ? notification.alerts : [];
  const taken = elements.slice(0, MAX_ALERTS);
  const found = taken.map(fieldsOf).filter((fields) => fields !== undefined);
  const truncated = leftOut(notification.truncatedAlerts) + elements.length - taken.length;
  const alerts = found.map((fields) => toAlert({ fields, notification, truncated }, context));
  return { alerts: oneOfEach(alerts), ignored: taken.length - found.length };
}

type Fields = Readonly<Record<string, unknown>>;

interface Element {
  fields: Fields;
  notification: Fields;
  truncated: number;
}

function toAlert({ fields, notification, truncated }: Element, context: AlertContext): Alert {
  const labels = textsOf(fields.labels);
  const service = serviceOf(labels);
  const fingerprint = textOf(fields.fingerprint) || fingerprintOf(labels);
  const startsAt = timeOf(fields.startsAt) ?? context.receivedAt;
  const endsAt = timeOf(fields.endsAt);
  const status = statusOf(fields.status ?? notification.status, { endsAt, receivedAt: context.receivedAt });
  return {
    id: context.anomalyId(fingerprint, startsAt),
    fingerprint,
    status,
    service,
    name: labels.alertname ?? '',
    startsAt,
    endsAt: status === 'firing' ? 0 : (endsAt ?? context.receivedAt),
    score: severityScore(labels),
    mutedBy: context.mutedBy(service) ?? '',
    labels,
    annotations: textsOf(fields.annotations),
    generatorUrl: textOf(fields.generatorURL),
    truncated,
  };
}

/** An alert without a status is over when its end is. */
function statusOf(status: unknown, times: { endsAt: number | undefined; receivedAt: number }): Alert['status'] {
  if (status === 'firing' || status === 'resolved') return status;
  return times.endsAt !== undefined && times.endsAt <= times.receivedAt ? 'resolved' : 'firing';
}

function serviceOf(labels: Readonly<Record<string, string>>): string {
  const name = SERVICE_LABELS.map((label) => labels[label]?.trim()).find(
    (value) => value !== undefined && value !== '',
  );
  return name ?? '';
}

/** Milliseconds since the epoch; undefined for the year 1, which stands for open, and for what is no time or no possible one. */
function timeOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? parseTimestamp(value) : Number.NaN;
  return at > 0 && isTime(at) ? at : undefined;
}

/** Of several alerts of one episode the last is kept, but none fires again that was resolved. */
function oneOfEach(alerts: readonly Alert[]): Alert[] {
  const byId = new Map<string, Alert>();
  for (const alert of alerts) {
    if (alert.status === 'resolved' || byId.get(alert.id)?.status !== 'resolved') byId.set(alert.id, alert);
  }
  return [...byId.values()];
}

function leftOut(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Labels or annotations: texts as they are, numbers and booleans as text, nothing else. */
function textsOf(value: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(fieldsOf(value) ?? {})) {
    if (['string', 'number', 'boolean'].includes(typeof text)) texts[name] = String(text);
  }
  return texts;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
