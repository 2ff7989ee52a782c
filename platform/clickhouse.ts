import { Readable } from 'node:stream';
import {
  type ClickHouseClient,
  ClickHouseError,
  ClickHouseLogLevel,
  type ClickHouseSettings,
  createClient,
} from '@clickhouse/client';

export type { ClickHouseSettings };

export interface ClickHouseOptions {
  /** What the server's query log calls this program. */
  application?: string;
  /** A request without an answer after this time fails; what it did is then unknown. Default 30 s. */
  requestTimeoutMs?: number;
  /** Default 10. */
  maxConnections?: number;
}

export interface SelectOptions {
  settings?: ClickHouseSettings;
  /** Cancels the request, and with it the query where the user's profile says so. */
  signal?: AbortSignal;
}

export interface CommandOptions {
  settings?: ClickHouseSettings;
  /** Unique among running queries: a second one of that name is refused while the first runs. */
  queryId?: string;
}

export interface NativeInsert {
  table: string;
  columns: readonly string[];
  /** One or more blocks in the Native format. */
  body: Uint8Array;
  /** Deduplication token: the same block with the same token is stored once. */
  token: string;
  /** Unique among running queries: a second one of that name is refused while the first runs. */
  queryId?: string;
  settings?: ClickHouseSettings;
}

/** A ClickHouse server. Every method throws {@link ClickHouseUnavailableError} or {@link ClickHouseQueryError}; nothing is retried. */
export interface ClickHouse {
  /** Runs a read query with typed parameters (`{name:Type}`); rows as plain objects, 64-bit integers as numbers. */
  select<Row>(query: string, params?: Record<string, unknown>, options?: SelectOptions): Promise<Row[]>;
  /** Runs one statement that returns nothing (DDL, DELETE, INSERT ... SELECT). */
  command(query: string, params?: Record<string, unknown>, options?: CommandOptions): Promise<void>;
  /** Resolves when the server has stored the block and what its views make of it. */
  insertNative(insert: NativeInsert): Promise<void>;
  /** Resolves when the server answers at all. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The server was not reached or did not answer in time: the outcome of a write is unknown. */
export class ClickHouseUnavailableError extends Error {
  override name = 'ClickHouseUnavailableError';
}

/** The server refused or aborted the query. */
export class ClickHouseQueryError extends Error {
  override name = 'ClickHouseQueryError';
  /** The server's own number of the error, such as 241 (memory limit). */
  readonly code: number;

  constructor(cause: ClickHouseError) {
    super(`ClickHouse: ${cause.message}`, { cause });
    this.code = Number(cause.code);
  }
}

const defaultRequestTimeoutMs = 30_000;
const defaultMaxConnections = 10;
/** Below the server's keep-alive time-out (10 s by default, 3 s in old versions), so that we are the one to hang up. */
const idleSocketMs = 2_500;

/** A client of the server and database of the URL (`http://user:password@host:port/database`). Connects lazily. */
export function createClickHouse(url: string, options: ClickHouseOptions = {}): ClickHouse {
  const client = createClient({
    url,
    application: options.application ?? 'tidemark',
    request_timeout: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
    max_open_connections: options.maxConnections ?? defaultMaxConnections,
    keep_alive: { enabled: true, idle_socket_ttl: idleSocketMs, eagerly_destroy_stale_sockets: true },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    use_multipart_params_auto: true,
    // Every error is thrown to whoever can handle it; the client's own report would only repeat it.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return {
    select: (query, params, selectOptions) => select(client, { query, params, ...selectOptions }),
    command: (query, params, commandOptions) => command(client, { query, params, ...commandOptions }),
    insertNative: (insert) => insertNative(client, insert),
    ping: () => ping(client),
    close: () => client.close(),
  };
}

interface Statement extends SelectOptions {
  query: string;
  params: Record<string, unknown> | undefined;
}

async function select<Row>(client: ClickHouseClient, { query, params, settings, signal }: Statement): Promise<Row[]> {
  try {
    const result = await client.query({
      query,
      format: 'JSONEachRow',
      query_params: params ?? {},
      clickhouse_settings: settings ?? {},
      ...(signal === undefined ? {} : { abort_signal: signal }),
    });
    return await result.json<Row>();
  } catch (error) {
    signal?.throwIfAborted();
    throw asClickHouseError(error);
  }
}

interface Command extends CommandOptions {
  query: string;
  params: Record<string, unknown> | undefined;
}

async function command(client: ClickHouseClient, { query, params, settings, queryId }: Command): Promise<void> {
  try {
    await client.command({
      query,
      query_params: params ?? {},
      clickhouse_settings: settings ?? {},
      ...(queryId === undefined ? {} : { query_id: queryId }),
    });
  } catch (error) {
    throw asClickHouseError(error);
  }
}

async function insertNative(client: ClickHouseClient, insert: NativeInsert): Promise<void> {
  try {
    const { stream } = await client.exec({
      query: `INSERT INTO ${insert.table} (${insert.columns.join(', ')}) FORMAT Native`,
      values: Readable.from([insert.body], { objectMode: false }),
      clickhouse_settings: { ...insert.settings, insert_deduplication_token: insert.token },
      ...(insert.queryId === undefined ? {} : { query_id: insert.queryId }),
    });
    // An answer left unread keeps its connection from being used again.
    for await (const _chunk of stream);
  } catch (error) {
    throw asClickHouseError(error);
  }
}

async function ping(client: ClickHouseClient): Promise<void> {
  const answer = await client.ping();
  if (!answer.success) throw asClickHouseError(answer.error);
}

function asClickHouseError(error: unknown): Error {
  if (error instanceof ClickHouseError) return new ClickHouseQueryError(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new ClickHouseUnavailableError(`ClickHouse does not answer: ${reason}`, { cause: error });
}
