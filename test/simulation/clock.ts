import { vi } from 'vitest';

/** Time that passes only when everything waits. While it is installed, every timer of the process is one of its timers. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Lets time pass, timer by timer, until the condition holds; false when `untilMs` has come first, or there is nothing left to wait for. */
  run(condition: () => boolean, untilMs: number): Promise<boolean>;
  uninstall(): void;
}

interface Timer {
  at: number;
  number: number;
  fire: () => void;
}

const drain = setImmediate;

/** Replaces `setTimeout` and `clearTimeout`; the test replaces `node:timers/promises` by {@link sleepOnTimers}. */
export function installClock(startMs: number): Clock {
  let now = startMs;
  let count = 0;
  const timers = new Map<number, Timer>();

  function setTimer(fire: () => void, ms = 0): { number: number; unref(): void } {
    const timer = { at: now + Math.max(ms, 0), number: ++count, fire };
    timers.set(timer.number, timer);
    return { number: timer.number, unref: () => undefined };
  }
  vi.stubGlobal('setTimeout', setTimer);
  vi.stubGlobal('clearTimeout', (timer: { number: number } | undefined) => timers.delete(timer?.number ?? -1));

  return {
    now: () => now,
    sleep: (ms) => new Promise((resolve) => setTimer(resolve, ms)),
    async run(condition, untilMs) {
      for (;;) {
        // Everything that can happen without time happens first.
        await new Promise<void>((resolve) => drain(() => resolve()));
        if (condition()) return true;
        const timer = earliest(timers.values());
        if (timer === undefined || timer.at > untilMs) return false;
        timers.delete(timer.number);
        now = timer.at;
        timer.fire();
      }
    },
    uninstall: () => vi.unstubAllGlobals(),
  };
}

function earliest(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.number < first.number))
      first = timer;
  }
  return first;
}

/** `setTimeout` of `node:timers/promises` on whatever `setTimeout` is at the time. */
export function sleepOnTimers<Value>(
  ms: number,
  value?: Value,
  options: { signal?: AbortSignal } = {},
): Promise<Value | undefined> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    }, ms);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
