/** Value bytes stored so far in a partition, and who waits for more: what a long poll stands on. */
export interface Growth {
  readonly bytes: number;
  /** Counts one append, which may be of empty values. */
  add(bytes: number): void;
  /** Resolves when the condition holds, looked at after each append, the time is over, or the signal aborts; never rejects. */
  until(condition: () => boolean, wait: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
}

/** A counter with waiters. No timer runs while nobody waits. */
export function createGrowth(): Growth {
  let bytes = 0;
  const waiting = new Set<{ condition: () => boolean; wake: () => void }>();

  return {
    get bytes() {
      return bytes;
    },

    add(more) {
      bytes += more;
      for (const waiter of waiting) if (waiter.condition()) waiter.wake();
    },

    until(condition, { timeoutMs, signal }) {
      if (condition() || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const waiter = { condition, wake };
        const timer = setTimeout(wake, timeoutMs);
        function wake() {
          clearTimeout(timer);
          waiting.delete(waiter);
          signal.removeEventListener('abort', wake);
          resolve();
        }
        signal.addEventListener('abort', wake, { once: true });
        waiting.add(waiter);
      });
    },
  };
}
