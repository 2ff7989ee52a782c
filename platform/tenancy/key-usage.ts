import type { Log } from '../log.ts';
import type { Sql } from '../postgres.ts';

export interface KeyUsage {
  /** Notes that the key was used at that time (milliseconds since the epoch). */
  note(keyId: string, at: number): void;
  flush(): Promise<void>;
  /** Stops the timer and writes what is pending. */
  close(): Promise<void>;
}

const flushIntervalMs = 30_000;

/** Keeps `last_used_at` of the keys: collected here, written twice a minute, so that using a key costs no write. */
export function createKeyUsage({ sql, log }: { sql: Sql; log: Log }): KeyUsage {
  let pending = new Map<string, number>();
  const note = (keyId: string, at: number) => {
    pending.set(keyId, Math.max(at, pending.get(keyId) ?? at));
  };
  const flush = async () => {
    const batch = pending;
    pending = new Map();
    if (batch.size === 0) return;
    try {
      await writeLastUsed(sql, batch);
    } catch (error) {
      for (const [keyId, at] of batch) note(keyId, at);
      log.warn({ err: error }, 'could not write when keys were last used; kept for the next time');
    }
  };
  const timer = setInterval(flush, flushIntervalMs).unref();
  return {
    note,
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

async function writeLastUsed(sql: Sql, batch: ReadonlyMap<string, number>): Promise<void> {
  const times = [...batch.values()].map((at) => new Date(at).toISOString());
  await sql`
    UPDATE api_keys SET last_used_at = greatest(api_keys.last_used_at, used.at)
    FROM unnest(${[...batch.keys()]}::text[], ${times}::timestamptz[]) AS used (id, at)
    WHERE api_keys.id = used.id`;
}
