const firstPauseMs = 200;
const maxPauseMs = 10_000;
/** A process that lived this long starts over with the first pause. */
const healthyAfterMs = 30_000;

/** Pauses between restarts in milliseconds: 200, 400, ... 10,000; back to 200 after a healthy life. */
export function createBackoff(): (livedMs: number) => number {
  let pauseMs = firstPauseMs;
  return (livedMs) => {
    if (livedMs >= healthyAfterMs) pauseMs = firstPauseMs;
    const current = pauseMs;
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
    return current;
  };
}
