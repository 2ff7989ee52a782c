import { fork } from 'node:child_process';

export interface LoadOptions {
  /** Base URL of the ingest tier. */
  url: string;
  key: string;
  orgCode: string;
  connections: number;
  batchSize: number;
  /** The load ends after this time or this many events, whichever comes first; without either after an hour. */
  seconds?: number;
  totalEvents?: number;
  /** Without it: as fast as the answers come. */
  eventsPerSecond?: number;
  /** See BatchRequestOptions. */
  spreadDays: number;
  seed: number;
}

export interface LoadResult {
  acceptedEvents: number;
  /** Number of batches by status other than 201. */
  refused: Record<string, number>;
  /** Of request bodies. */
  bytes: number;
  elapsedMs: number;
  /** Used by the generator itself. */
  cpuMs: number;
  /** From the sending of a batch to the end of its answer. */
  latencyMsP50: number;
  latencyMsP99: number;
}

export interface Load {
  result: Promise<LoadResult>;
  /** Ends the load early; `result` then resolves. */
  stop(): void;
}

export const standardLoad = { connections: 8, batchSize: 1_000, spreadDays: 0, seed: 1 } as const;

/** Starts a load in a process of its own, so that what it costs is not charged to anybody else. */
export function startLoad(options: LoadOptions): Load {
  const child = fork(new URL('./generator.ts', import.meta.url), [JSON.stringify(options)]);
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.once('message', (message) => resolve(message as LoadResult));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${code} and no result`)));
  });
  return { result, stop: () => child.connected && child.send('stop') };
}
