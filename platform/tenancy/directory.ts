import type { Log } from '../log.ts';
import type { Sql } from '../postgres.ts';
import {
  maxCachedCatalogs,
  maxCachedKeys,
  maxCachedTenantReferences,
  maxTenantReferenceLength,
} from './cache-limits.ts';
import { type CatchUp, type CatchUpMessage, createCatchUp } from './catch-up.ts';
import { openControlChannel } from './control-channel.ts';
import {
  type KeyRecord,
  readCatalog,
  readKey,
  readKeyById,
  readMutingWindows,
  readTenant,
  readTenants,
} from './directory-reads.ts';
import { FreshCache, type FreshCacheOptions } from './fresh-cache.ts';
import { isJwt } from './jwt/jwt-header.ts';
import { createJwtSessions } from './jwt/jwt-sessions.ts';
import type { JwtSettings } from './jwt/jwt-settings.ts';
import { createKeyUsage } from './key-usage.ts';
import { parseKey } from './keys.ts';
import type { MaintenanceWindow } from './maintenance-windows.ts';
import { createOutage } from './outage.ts';
import type { Pepper } from './pepper.ts';
import type { Catalog, Directory, Principal, Tenant } from './tenancy.ts';

export interface DirectoryOptions {
  /** Pool of the control plane; stays open when the directory is closed. */
  sql: Sql;
  pepper: Pepper;
  /** The identity provider whose JWTs are accepted; absent: none. */
  jwt?: JwtSettings | undefined;
  log: Log;
  now: () => number;
}

interface Caches {
  /**
   * By the presented key itself: no hash per request. It stays in the memory of a process that is handed the same text with every
   * request anyway, and a map compares contents only behind an equal, seeded hash, so look-up time tells nothing about a prefix.
   */
  keys: FreshCache<KeyRecord>;
  keysById: FreshCache<KeyRecord>;
  tenants: FreshCache<Tenant>;
  tenantLists: FreshCache<Tenant[]>;
  catalogs: FreshCache<Catalog>;
  mutingWindows: FreshCache<readonly MaintenanceWindow[]>;
}

const everyTenant = 'all';
const noteIntervalMs = 1_000;
const nobody: Promise<undefined> = Promise.resolve(undefined);

/**
 * Opens the cached directory over the control plane. Rejects when PostgreSQL is away; once open, it outlives outages of a minute.
 * Look-ups reject with an `unavailable` ApiError when PostgreSQL is away and nothing usable is cached.
 */
export async function createDirectory(options: DirectoryOptions): Promise<Directory> {
  const { sql, pepper, log, now } = options;
  const caches = createCaches(options, () => channel.epoch());
  const usage = createKeyUsage({ sql, log });
  const catchUp = createCatchUp(sql);
  const onMessage = (payload: string) => onNotification(caches, catchUp, payload);
  const channel = await openControlChannel({ sql, log, now, onMessage });

  const admit = (key: KeyRecord): Promise<Principal | undefined> => {
    const at = now();
    if (at >= key.expiresAt) return nobody;
    if (at - key.notedAt >= noteIntervalMs) {
      key.notedAt = at;
      usage.note(key.id, at);
    }
    return key.answer;
  };
  const admitUncached = async (presentedKey: string): Promise<Principal | undefined> => {
    if (parseKey(presentedKey) === undefined) return undefined;
    const key = await caches.keys.get(presentedKey);
    return key === undefined ? undefined : admit(key);
  };
  const admitJwt = createJwtSessions({
    settings: options.jwt,
    pepper,
    log,
    now,
    tenant: (reference) => caches.tenants.get(reference),
    async keyPrincipal(keyId) {
      const key = await caches.keysById.get(keyId);
      return key === undefined ? undefined : admit(key);
    },
  });
  return {
    authenticate(credential) {
      const key = caches.keys.peek(credential);
      if (key !== undefined) return admit(key);
      return isJwt(credential) ? admitJwt(credential) : admitUncached(credential);
    },
    tenant: (reference) => (reference.length > maxTenantReferenceLength ? nobody : caches.tenants.get(reference)),
    tenants: (ids) => listTenants(caches, ids),
    catalog: async (tenantId) => (await caches.catalogs.get(tenantId)) ?? emptyCatalog,
    mutingWindows: async (tenantId) => (await caches.mutingWindows.get(tenantId)) ?? [],
    caughtUp: catchUp.caughtUp,
    propagated: catchUp.propagated,
    async close() {
      await Promise.all([usage.close(), channel.close()]);
    },
  };
}

const emptyCatalog: Catalog = { capabilities: new Map(), metrics: new Map() };

function createCaches({ sql, pepper, log, now }: DirectoryOptions, epoch: () => number | undefined): Caches {
  const outage = createOutage({ log, now });
  const cache = <V>(maxEntries: number, load: FreshCacheOptions<V>['load']) =>
    new FreshCache<V>({ load, maxEntries, epoch, outage, now });
  return {
    keys: cache(maxCachedKeys, (text) => readKey(sql, text, pepper)),
    keysById: cache(maxCachedKeys, (id) => readKeyById(sql, id)),
    tenants: cache(maxCachedTenantReferences, (reference) => readTenant(sql, reference)),
    tenantLists: cache(1, () => readTenants(sql)),
    catalogs: cache(maxCachedCatalogs, (tenant) => readCatalog(sql, tenant)),
    mutingWindows: cache(maxCachedCatalogs, (tenant) => readMutingWindows(sql, tenant)),
  };
}

async function listTenants(caches: Caches, ids: readonly string[] | 'all'): Promise<Tenant[]> {
  if (ids === 'all') return (await caches.tenantLists.get(everyTenant)) ?? [];
  const found = await Promise.all(ids.map((id) => caches.tenants.get(id)));
  return found
    .filter((tenant, index) => tenant !== undefined && tenant.id === ids[index])
    .filter((tenant) => tenant !== undefined)
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

interface Change {
  kind: 'key' | 'catalog' | 'tenant' | 'maintenance';
  id: string;
}

// Kinds it does not know come from a newer version's triggers and concern nothing that is cached here.
function onNotification(caches: Caches, catchUp: CatchUp, payload: string): void {
  const message = JSON.parse(payload) as Change | CatchUpMessage;
  const { kind, id } = message;
  if (kind === 'key') forgetKeys(caches, (key) => key.id === id);
  if (kind === 'catalog') caches.catalogs.delete(id);
  if (kind === 'maintenance') caches.mutingWindows.delete(id);
  if (kind === 'tenant') {
    caches.tenants.clear();
    caches.tenantLists.clear();
    forgetKeys(caches, ({ principal }) => principal.tenants !== 'all' && principal.tenants.includes(id));
  }
  if (kind === 'mark' || kind === 'call' || kind === 'ack') catchUp.onMessage({ kind, id });
}

function forgetKeys({ keys, keysById }: Caches, matches: (key: KeyRecord) => boolean): void {
  keys.deleteWhere(matches);
  keysById.deleteWhere(matches);
}
