import type { Sink } from './sink.ts';
import { startTier, type Tier } from './tier.ts';

export interface LogServer extends Tier<{ url: string }> {
  port: number;
  /** `tidemark-log://<token>@127.0.0.1:<port>` */
  url: string;
}

export interface LogServerOptions {
  /** Absolute. */
  dataDir: string;
  /** 0: any free one. */
  port: number;
  sink: Sink;
}

const entry = new URL('../log-store/embedded-server-main.ts', import.meta.url);
const stopWithinMs = 2_000;

/** Starts the embedded log server as a child process. */
export async function startLogServer({ dataDir, port, sink }: LogServerOptions): Promise<LogServer> {
  const env = { ...process.env, TIDEMARK_DATA_DIR: dataDir, TIDEMARK_LOG_PORT: String(port) };
  const tier = await startTier<{ url: string }>({ name: 'log', entry, env, sink, drainMs: stopWithinMs });
  return { ...tier, url: tier.ready.url, port: Number(new URL(tier.ready.url).port) };
}
