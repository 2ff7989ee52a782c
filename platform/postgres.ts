import './mend-postgres.ts';
import type Postgres from 'postgres';

// After the mend is in place, which a plain import would not wait for.
const { default: postgres } = await import('postgres');

export type Sql = Postgres.Sql;

/** What both a pool and an open transaction can run. */
export type SqlRunner = Postgres.ISql;

export interface PostgresOptions {
  /** Connections at most; they are opened when needed. */
  max?: number;
  /** Seen in pg_stat_activity. */
  applicationName?: string;
  /** After this time without a query a connection is closed. Default 20. */
  idleTimeoutSeconds?: number;
}

export interface ListenOptions {
  onMessage(payload: string): void;
  /** The connection broke: messages may be missed until the next confirmed `beat`. */
  onLost(): void;
}

export interface Listener {
  /** Subscribes when the connection is new and proves that it is alive. Rejects when PostgreSQL cannot be reached. */
  beat(): Promise<void>;
  close(): Promise<void>;
}

/** Where the triggers of the control plane report changes. */
export const controlChannel = 'tidemark_control';

/** By this name in pg_stat_activity listeners are counted. */
const listenerName = 'tidemark listener';
const poolSize = 4;
const connectTimeoutSeconds = 5;
/** Each idle connection is a process of PostgreSQL of 16 MiB; a new one takes 8 ms. */
const defaultIdleTimeoutSeconds = 20;
const reconnectDelaySeconds = 0.2;
const closeTimeoutSeconds = 2;
const pidOfNobody = -1;

/** A small pool of lazily opened connections that reconnects by itself. Ended with {@link closePostgres}. */
export function createPostgres(url: string, options: PostgresOptions = {}): Sql {
  return postgres(url, {
    max: options.max ?? poolSize,
    connect_timeout: connectTimeoutSeconds,
    idle_timeout: options.idleTimeoutSeconds ?? defaultIdleTimeoutSeconds,
    backoff: () => reconnectDelaySeconds,
    connection: { application_name: options.applicationName ?? 'tidemark' },
    onnotice: ignoreNotice,
  });
}

/** Ends the pool; queries in flight get two seconds. */
export const closePostgres = (sql: Sql): Promise<void> => sql.end({ timeout: closeTimeoutSeconds });

/**
 * One dedicated connection that listens on the control channel. Unlike `sql.listen` of the client it tells when it lost the connection, and
 * `beat` travels over the very same connection, so a confirmed beat means that no earlier message is missing.
 */
export function createListener(sql: Sql, { onMessage, onLost }: ListenOptions): Listener {
  // The client passes parsed options through, as its own `listen` does; `onnotify` is missing in its types.
  const options = {
    ...sql.options,
    shared: { retries: 0, typeArrayMap: {} },
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    fetch_types: false,
    connection: { ...sql.options.connection, application_name: listenerName },
    onclose: onLost,
    onnotify: (_channel: string, payload: string) => onMessage(payload),
  };
  const connection = postgres(options as unknown as Postgres.Options<Record<string, never>>);
  let listeningPid = pidOfNobody;
  return {
    async beat() {
      const rows = await connection<{ pid: number }[]>`select pg_backend_pid() as pid`;
      const pid = rows[0]?.pid ?? pidOfNobody;
      if (pid === listeningPid) return;
      await connection`listen ${connection(controlChannel)}`;
      listeningPid = pid;
    },
    close: () => connection.end({ timeout: closeTimeoutSeconds }),
  };
}

/** Sends a notification to every listener; it arrives behind those of all changes committed before. */
export async function notify(sql: Sql, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`;
}

/** How many processes listen, as far as the role may see. */
export async function countListeners(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::integer as count from pg_stat_activity
    where datname = current_database() and application_name = ${listenerName}`;
  return row?.count ?? 0;
}

/** Whether the error says that PostgreSQL is away, going away or without room, not that the statement is wrong. */
export function isPostgresAway(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return awayCodes.has(error.code) || error.code.startsWith('08');
}

/** The name of the violated unique constraint, undefined for every other error. */
export function violatedUniqueConstraint(error: unknown): string | undefined {
  if (!(error instanceof postgres.PostgresError) || error.code !== uniqueViolation) return undefined;
  return error.constraint_name ?? '';
}

const uniqueViolation = '23505';

const awayCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  '53100', // disk full: it goes on when there is room again
  '53200', // out of memory
  '53300', // too many connections
  '57P01', // shut down by the administrator
  '57P02', // shut down after a crash
  '57P03', // starting up
]);

// Notices such as "relation already exists, skipping" go to standard output unless they are taken.
function ignoreNotice(): void {}
