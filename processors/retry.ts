import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses between attempts: `minMs`, doubled each time up to `maxMs`. */
export interface Backoff {
  minMs: number;
  maxMs: number;
}

export interface RetryOptions {
  backoff: Backoff;
  /** Ends the attempts after the one under way: the call then rejects with an AbortError. */
  signal: AbortSignal;
  /** Other errors reject at once. */
  isRetryable(error: unknown): boolean;
  onFailure?(error: unknown): void;
}

/** Does the work again and again until it succeeds. */
export async function untilDone<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { backoff, signal, isRetryable, onFailure } = options;
  for (let pauseMs = backoff.minMs; ; pauseMs = Math.min(pauseMs * 2, backoff.maxMs)) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error)) throw error;
      onFailure?.(error);
    }
    await sleep(pauseMs, undefined, { signal });
  }
}
