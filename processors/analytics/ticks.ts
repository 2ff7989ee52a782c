import type { Log } from '../../platform/log.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { encodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import type { AnalyticsWorker } from './analytics-worker.ts';

export interface TickOptions {
  workers: ReadonlyMap<string, Pick<AnalyticsWorker, 'hasTenants' | 'where'>>;
  logStore: Pick<LogStore, 'append'>;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Tells in the log of each partition this process owns what time it is, so that time passes too where no events come. A tick that is lost is made up for by the
 * next; two say no more than one. Never rejects.
 */
export async function tick({ workers, logStore, log, now }: TickOptions): Promise<void> {
  const value = encodeControlRecord({ at: now(), tenant: '', settings: null });
  const owners = [...workers.values()].filter(({ hasTenants }) => hasTenants);
  const told = await Promise.allSettled(
    owners.map(({ where: { topic, partition } }) => logStore.append(topic, partition, [value])),
  );
  const failed = told.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') log.warn({ reason: String(failed.reason) }, 'could not tell the time in the log');
}
