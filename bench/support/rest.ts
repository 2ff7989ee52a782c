import { setTimeout as delay } from 'node:timers/promises';
import { everythingElse, startCpuMeter } from './sampling.ts';

export interface RestOptions {
  /** A program is at rest when it keeps no more than this share of one core busy… */
  maxCores: number;
  /** …for this long. */
  forMs: number;
  /** Fails after this time. */
  withinMs: number;
}

export const restOptions: RestOptions = { maxCores: 0.1, forMs: 8_000, withinMs: 300_000 };

/** Resolves to the milliseconds it took a process and its descendants to come to rest, merges after a load among their work. Throws when they do not. */
export async function untilAtRest(rootPid: number, options: RestOptions = restOptions): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < options.withinMs) {
    const meter = startCpuMeter(rootPid);
    await delay(options.forMs);
    const own = meter.read().filter(({ name }) => name !== everythingElse);
    if (own.reduce((cores, sample) => cores + sample.cores, 0) <= options.maxCores)
      return performance.now() - startedAt;
  }
  throw new Error(`process ${rootPid} was not at rest within ${options.withinMs} ms`);
}
