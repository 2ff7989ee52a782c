import { LogUnavailableError } from '../log-store.ts';

/** Settles like the promise, but rejects with LogUnavailableError when that takes longer than `timeoutMs`. The work itself goes on. */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number, doing: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new LogUnavailableError(`Kafka did not ${doing} within ${Math.round(timeoutMs)} ms`)),
    timeoutMs,
  );
  promise.catch(() => undefined); // After the deadline nobody waits for it any more.
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
