/** Ranges that may be in memory as rows at a time, over all partitions of all streams: as many as four partitions that store one and prepare one. */
export const MAX_RANGES = 8;

/** Gives back a place. May be called again. */
export type Release = () => void;

/** Places for ranges on their way from the log to the sink: whoever finds none waits its turn. */
export class RangeSlots {
  #free: number;
  readonly #waiting: PromiseWithResolvers<void>[] = [];

  constructor(count: number = MAX_RANGES) {
    this.#free = count;
  }

  /** Rejects when the signal is aborted before there is a place. */
  async take(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    const onAbort = () => {
      const index = this.#waiting.indexOf(turn);
      if (index >= 0) this.#waiting.splice(index, 1);
      if (index >= 0) turn.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.resolve();
  }
}
