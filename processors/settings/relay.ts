import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../platform/log.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import type { Sql } from '../../platform/postgres.ts';
import { encodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import { TOPIC_SETTINGS, type Topic } from '../../schemas/topics.ts';
import { readSettings } from './read-settings.ts';

/** How often changed settings are looked for, milliseconds. */
export const SETTINGS_POLL_MS = 2_000;
/** Tenants whose settings are told in one go. */
export const MAX_TENANTS_A_ROUND = 100;

export interface SettingsRelayOptions {
  sql: Sql;
  logStore: Pick<LogStore, 'append'>;
  /** Whose records the stateful processors fold. */
  topics: readonly Topic[];
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export interface SettingsRelay {
  /** Tells the settings of every tenant that has any once more, so that they do not leave the log with the records around them. */
  tellAll(): Promise<void>;
  stop(): Promise<void>;
}

interface Change {
  tenant: string;
  revision: number;
  shard: number;
}

/**
 * Tells in the log what tenants changed in the control plane: a control record on the tenant's partition of each topic, at least once. Processes need not
 * agree who does it: of two records of one revision the second changes nothing, nor does an older one.
 */
export function startSettingsRelay(options: SettingsRelayOptions): SettingsRelay {
  const abort = new AbortController();
  const tellFailure = createFailureLog(options.log);
  const run = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      await tellChanges(options).then(() => tellFailure(undefined), tellFailure);
      await sleep(SETTINGS_POLL_MS, undefined, { signal: abort.signal }).catch(() => undefined); // Stopped.
    }
  };
  const ended = run();
  return {
    async tellAll() {
      await options.sql`UPDATE settings_changes SET told = 0`;
    },
    async stop() {
      abort.abort();
      await ended;
    },
  };
}

/** Says what is wrong once, not at every attempt: what was not told stays to be told. */
function createFailureLog(log: Log): (error: unknown) => void {
  let last = '';
  return (error) => {
    const reason = error === undefined ? '' : String(error);
    if (reason !== '' && reason !== last) log.warn({ reason }, 'cannot tell changed settings, trying again');
    last = reason;
  };
}

async function tellChanges(options: SettingsRelayOptions): Promise<void> {
  const changes = await options.sql<Change[]>`
    SELECT tenant_id AS tenant, revision::float8, shard
    FROM settings_changes JOIN tenants ON tenants.id = tenant_id
    WHERE told < revision
    ORDER BY revision
    LIMIT ${MAX_TENANTS_A_ROUND}`;
  const told = await Promise.allSettled(changes.map((change) => tell(options, change)));
  const failed = told.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** What is read may be newer than the revision says: then it is told again under its own. */
async function tell(
  { sql, logStore, topics, now }: SettingsRelayOptions,
  { tenant, revision, shard }: Change,
): Promise<void> {
  const settings = await readSettings(sql, tenant, revision);
  const value = encodeControlRecord({ at: now(), tenant, settings });
  for (const topic of topics) await logStore.append(topic, shard % TOPIC_SETTINGS[topic].partitions, [value]);
  await sql`UPDATE settings_changes SET told = ${revision} WHERE tenant_id = ${tenant} AND told < ${revision}`;
}
