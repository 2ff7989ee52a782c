import { createBackoff } from './backoff.ts';

/** A process that serves. */
export interface Running {
  /** Resolves with the reason when it ends, wanted or not. */
  ended: Promise<string>;
  /** Ends it; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface KeepAliveOptions<R extends Running> {
  name: string;
  /** Starts it and resolves when it serves; rejects when it ended before. */
  start(): Promise<R>;
  /** One line for the operator. */
  say(line: string): void;
  /** How often the very first start may fail within 30 s before it is given up. */
  maxFirstFailures: number;
}

export interface Kept<R> {
  /** The first one that served. */
  first: R;
  /** Ends the present one and the restarting. */
  stop(): Promise<void>;
}

const firstStartWindowMs = 30_000;

/** Starts a process and restarts it with back-off whenever it ends, until `stop`. Rejects when the first start is given up. */
export async function keepAlive<R extends Running>(options: KeepAliveOptions<R>): Promise<Kept<R>> {
  const stopping = new AbortController();
  const first = await startFirst(options);
  let current: R | undefined = first;
  const restarting = restartForever(options, {
    first,
    signal: stopping.signal,
    onStart: (running) => {
      current = running;
    },
  });
  return {
    first,
    async stop() {
      stopping.abort();
      await current?.stop();
      await restarting;
      await current?.stop();
    },
  };
}

async function startFirst<R extends Running>(options: KeepAliveOptions<R>): Promise<R> {
  const nextPauseMs = createBackoff();
  const giveUpAt = performance.now() + firstStartWindowMs;
  for (let failures = 1; ; failures++) {
    try {
      return await options.start();
    } catch (error) {
      if (failures >= options.maxFirstFailures || performance.now() > giveUpAt) throw error;
      await pause(nextPauseMs(0));
    }
  }
}

interface Restarting<R> {
  first: R;
  signal: AbortSignal;
  onStart(running: R | undefined): void;
}

async function restartForever<R extends Running>(options: KeepAliveOptions<R>, run: Restarting<R>): Promise<void> {
  const nextPauseMs = createBackoff();
  let running: R | undefined = run.first;
  let startedAt = performance.now();
  let reason = '';
  while (!run.signal.aborted) {
    if (running !== undefined) reason = await running.ended;
    if (run.signal.aborted) return;
    run.onStart(undefined);
    const pauseMs = nextPauseMs(performance.now() - startedAt);
    options.say(`${options.name} ended (${reason}); restarting it in ${pauseMs / 1000} s`);
    await pause(pauseMs, run.signal);
    if (run.signal.aborted) return;
    startedAt = performance.now();
    running = await options.start().catch((error: Error) => {
      reason = error.message;
      return undefined;
    });
    run.onStart(running);
    if (running !== undefined && !run.signal.aborted) options.say(`${options.name} is back`);
  }
}

function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, durationMs);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
