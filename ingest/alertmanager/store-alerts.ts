import { randomUUID } from 'node:crypto';
import type { Counter } from 'prom-client';
import { mutingWindow } from '../../platform/tenancy/maintenance-windows.ts';
import type { Directory, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { TelemetryWriter } from '../telemetry-writer.ts';
import { type AcceptedAlerts, acceptAlerts } from './accept-alerts.ts';
import { anomalyId } from './anomaly-id.ts';

/** Alerts of one record of the log. */
export const ALERTS_PER_RECORD = 1_000;

export interface AlertStoreOptions {
  writer: Pick<TelemetryWriter, 'alerts'>;
  directory: Pick<Directory, 'mutingWindows'>;
  /** Of what was stored. */
  accepted: Counter<'status' | 'muted'>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** Stores the alerts of a notification. */
export type StoreAlerts = (tenant: Tenant, body: unknown) => Promise<AcceptedAlerts>;

/**
 * A function that resolves when every alert of the notification is durable in the log, each with the maintenance window that mutes it. Rejects
 * when the log cannot store them or the windows are not known; what was stored before is then stored again without changing anything.
 */
export function createStoreAlerts({ writer, directory, accepted, now }: AlertStoreOptions): StoreAlerts {
  return async (tenant, body) => {
    const windows = await directory.mutingWindows(tenant.id);
    const receivedAt = now();
    const found = acceptAlerts(body, {
      receivedAt,
      anomalyId: (fingerprint, startsAt) => anomalyId(tenant.id, fingerprint, startsAt),
      mutedBy: (service) => mutingWindow(windows, { service, at: receivedAt }),
    });
    for (let from = 0; from < found.alerts.length; from += ALERTS_PER_RECORD) {
      const alerts = found.alerts.slice(from, from + ALERTS_PER_RECORD);
      await writer.alerts(tenant, { id: randomUUID(), isRepeatable: false, receivedAt, alerts });
    }
    for (const { status, mutedBy } of found.alerts) accepted.inc({ status, muted: mutedBy === '' ? 'no' : 'yes' });
    return found;
  };
}
