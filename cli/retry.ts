export interface RetryPolicy {
  /** Tries after the first. */
  retries: number;
  firstDelayMs: number;
  maxDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { retries: 8, firstDelayMs: 250, maxDelayMs: 30_000 };
/** Longest wait the server may ask for. */
const maxAskedDelayMs = 300_000;

/** Answers that may be another one later. */
export const isPassing = (status: number): boolean => [408, 429, 502, 503, 504].includes(status);

/**
 * Milliseconds to wait before try `attempt` (the first repeat is 1): what the server asked for, else twice as long each time, with a `chance`
 * (0 to 1) that keeps many clients from coming back at once.
 */
export function delayMs(
  policy: RetryPolicy,
  { attempt, retryAfterS, chance }: { attempt: number; retryAfterS: number | undefined; chance: number },
): number {
  if (retryAfterS !== undefined) return Math.min(retryAfterS * 1_000, maxAskedDelayMs) + chance * policy.firstDelayMs;
  const full = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maxDelayMs);
  return full / 2 + (chance * full) / 2;
}
