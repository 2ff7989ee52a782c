import type { Config } from '../config.ts';
import { startClickHouse } from '../embedded/clickhouse-server.ts';
import { type Engine, lastWords } from '../embedded/engine-process.ts';
import { startPostgres } from '../embedded/postgres-server.ts';
import { createLog, type Log } from '../log.ts';
import { type Kept, keepAlive, type Running } from './keep-alive.ts';
import { startLogServer } from './log-server.ts';
import type { Sink } from './sink.ts';

/** Where the stores are: the operator's, else embedded ones. */
export interface StoreUrls {
  /** Undefined when Kafka is the log. */
  logUrl: string | undefined;
  clickhouseWriterUrl: string;
  clickhouseReaderUrl: string;
  databaseUrl: string;
}

export interface Stores extends StoreUrls {
  stop(): Promise<void>;
}

export interface StoreOptions {
  config: Config;
  /** Absolute. */
  dataDir: string;
  sinkOf(name: string): Sink;
  say(line: string): void;
}

type Stoppable = { stop(): Promise<void> };

/**
 * Starts, side by side, the embedded form of every store that has no URL. A store that dies comes back on the same port, so its URL holds.
 * When one cannot be started the others are stopped and its error is thrown.
 */
export async function startStores(options: StoreOptions): Promise<Stores> {
  const started: Stoppable[] = [];
  const stop = async () => {
    await Promise.all(started.map((store) => store.stop()));
  };
  const keep = async <R extends Running>(name: string, start: () => Promise<R>): Promise<R> => {
    const kept: Kept<R> = await keepAlive({ name, start, say: options.say, maxFirstFailures: 1 });
    started.push(kept);
    return kept.first;
  };
  const parts = await Promise.allSettled([
    openLog(options, keep),
    openClickHouse(options, keep),
    openPostgres(options, keep),
  ]);
  const [log, clickhouse, postgres] = parts;
  if (log.status === 'fulfilled' && clickhouse.status === 'fulfilled' && postgres.status === 'fulfilled') {
    return { logUrl: log.value, ...clickhouse.value, databaseUrl: postgres.value, stop };
  }
  await stop();
  throw parts.find((part) => part.status === 'rejected')?.reason;
}

type Keep = <R extends Running>(name: string, start: () => Promise<R>) => Promise<R>;

async function openLog({ config, dataDir, sinkOf }: StoreOptions, keep: Keep): Promise<string | undefined> {
  if (config.kafkaBrokers !== undefined) return undefined;
  if (config.logUrl !== undefined) return config.logUrl;
  const sink = sinkOf('log');
  let port = 0;
  const server = await keep('log', () => startLogServer({ dataDir, port, sink }));
  port = server.port;
  return server.url;
}

async function openClickHouse({ config, dataDir, sinkOf }: StoreOptions, keep: Keep) {
  if (config.clickhouseUrl !== undefined) {
    return { clickhouseWriterUrl: config.clickhouseUrl, clickhouseReaderUrl: config.clickhouseUrl };
  }
  const log = logInto(sinkOf('clickhouse'), 'clickhouse');
  let port = 0;
  const server = await keep('clickhouse', async () => asRunning(await startClickHouse({ dataDir, log, port })));
  port = server.port;
  return { clickhouseWriterUrl: server.writerUrl, clickhouseReaderUrl: server.readerUrl };
}

async function openPostgres({ config, dataDir, sinkOf }: StoreOptions, keep: Keep): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const log = logInto(sinkOf('postgres'), 'postgres');
  let port = 0;
  const server = await keep('postgres', async () => asRunning(await startPostgres({ dataDir, log, port })));
  port = server.port;
  return server.url;
}

function asRunning<E extends Engine>(engine: E): E & Running {
  return { ...engine, ended: engine.exited.then(lastWords) };
}

function logInto(sink: Sink, name: string): Log {
  return createLog(name, 'debug', { write: (line) => sink.out(line.trimEnd()) });
}
