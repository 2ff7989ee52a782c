import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Completes "gave up waiting for …". */
  what: string;
  withinMs: number;
  everyMs?: number;
}

/** Asks again until the condition holds; throws when it does not within the time. */
export async function waitUntil(options: WaitOptions, isMet: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + options.withinMs;
  while (!(await isMet())) {
    if (performance.now() > deadline) {
      throw new Error(`gave up waiting for ${options.what} after ${options.withinMs / 1_000} s`);
    }
    await delay(options.everyMs ?? 100);
  }
}
