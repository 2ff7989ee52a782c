/** How long the store of the limits may take before it counts as away: requests wait for it. */
export const STORE_DEADLINE_MS = 500;

/** The store of the limits took longer than it may. */
export class StoreLateError extends Error {
  override name = 'StoreLateError';
}

/** The same promise, rejected with {@link StoreLateError} when it takes longer than the store may. */
export async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new StoreLateError(`no answer within ${STORE_DEADLINE_MS} ms`)),
    STORE_DEADLINE_MS,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
