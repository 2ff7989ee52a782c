import type { FastifyRequest } from 'fastify';
import { unavailable } from '../errors.ts';
import type { Log } from '../log.ts';
import { isPostgresAway, type Sql } from '../postgres.ts';
import type { Principal, Tenant } from '../tenancy/tenancy.ts';
import { isLoopback } from './loopback.ts';

/** How long an answer of PostgreSQL is believed: a key that is issued closes the routes within a second. */
export const KEYLESS_BELIEVED_MS = 500;

/** Routes for callers without a credential: open on loopback addresses only, and only until somebody issues a key for them. */
export interface KeylessAccess {
  /** What a caller without a credential may do: write to the default organization; undefined when the routes are closed. ApiError 503 when nobody can tell. */
  principalOf(request: FastifyRequest): Promise<Principal | undefined>;
  /** Whether they are open now; says so loudly in the log when that has changed. */
  isOpen(): Promise<boolean>;
}

export interface KeylessOptions {
  sql: Sql;
  log: Log;
  /** Where the server listens. */
  host: string;
  defaultOrganization: () => Promise<Tenant>;
  now: () => number;
}

export function createKeyless(options: KeylessOptions): KeylessAccess {
  const { sql, log, host, defaultOrganization, now } = options;
  let wasOpen: boolean | undefined;
  let asked: { at: number; answer: Promise<boolean> } | undefined;
  const ask = async () => {
    const isOpen = !(await hasIngestKey(sql));
    if (isOpen !== wasOpen) announce(log, isOpen);
    wasOpen = isOpen;
    return isOpen;
  };
  const isOpen = async () => {
    if (!isLoopback(host)) return false;
    if (asked === undefined || Math.abs(now() - asked.at) > KEYLESS_BELIEVED_MS) asked = { at: now(), answer: ask() };
    return asked.answer;
  };
  return {
    isOpen,
    async principalOf(request) {
      if (!isLocal(request) || !(await isOpen().catch(rethrow))) return undefined;
      const { id } = await defaultOrganization().catch(rethrow);
      return { credentialId: 'keyless', permissions: new Set(['ingest']), tenants: [id] };
    },
  };
}

async function hasIngestKey(sql: Sql): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM api_keys
    WHERE origin = 'issued' AND 'ingest' = ANY (permissions) AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > now())
    LIMIT 1`;
  return rows.length > 0;
}

const openMessage =
  'TELEMETRY IS OPEN: whoever reaches this port may write to the default organization without a key, until a key that may ingest is issued';

function announce(log: Log, isOpen: boolean): void {
  if (isOpen) log.warn(openMessage);
  else log.info('telemetry needs a key: one that may ingest has been issued');
}

/** Neither from another machine nor forwarded for one: the tier that forwards may listen where everybody can reach it. */
function isLocal({ socket, headers }: FastifyRequest): boolean {
  const forwarded = headers['x-forwarded-for'];
  const origins = forwarded === undefined ? [] : [forwarded].flat().flatMap((text) => text.split(','));
  return [socket.remoteAddress, ...origins].every((address) => isLoopback(address?.trim()));
}

function rethrow(error: unknown): never {
  if (!isPostgresAway(error)) throw error;
  throw Object.assign(unavailable('The control plane is not available at the moment.'), { cause: error });
}
