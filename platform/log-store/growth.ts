/** Bytes stored so far in a partition, and who waits for more: what a long poll stands on. */
export interface Growth {
  readonly bytes: number;
  add(bytes: number): void;
  /** Resolves when `bytes` has reached `target`, the time is over, or the signal aborts; never rejects. */
  reached(target: number, wait: { timeoutMs: number; signal: AbortSignal }): Promise<void>;
}

/** A counter with waiters. No timer runs while nobody waits. */
export function createGrowth(): Growth {
  let bytes = 0;
  const waiting = new Set<{ target: number; wake: () => void }>();

  return {
    get bytes() {
      return bytes;
    },

    add(more) {
      bytes += more;
      for (const waiter of waiting) if (waiter.target <= bytes) waiter.wake();
    },

    reached(target, { timeoutMs, signal }) {
      if (target <= bytes || signal.aborted || timeoutMs <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const waiter = { target, wake };
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
