import { type LogStore, LogUnavailableError } from './log-store.ts';

/** A log that is opened by whoever needs it first. */
export interface LazyLog {
  /** Rejects with LogUnavailableError when it cannot be opened; the next call tries again. */
  get(): Promise<LogStore>;
  close(): Promise<void>;
}

export function createLazyLog(open: () => Promise<LogStore>): LazyLog {
  let opening: Promise<LogStore> | undefined;
  const openOnce = async (): Promise<LogStore> => {
    try {
      return await open();
    } catch (cause) {
      opening = undefined;
      throw new LogUnavailableError('the log cannot be opened', { cause });
    }
  };
  return {
    get() {
      opening ??= openOnce();
      return opening;
    },
    async close() {
      const opened = await opening?.catch(() => undefined); // Who asked for it has been told.
      await opened?.close();
    },
  };
}
