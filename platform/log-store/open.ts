import { createEmbeddedLog } from './embedded-client.ts';
import type { LogStore } from './log-store.ts';

/** Opens the log that is configured. Rejects when none is, or when it cannot be reached or does not accept us. */
export async function openLogStore(config: { logUrl?: string | undefined }): Promise<LogStore> {
  if (config.logUrl === undefined) {
    throw new Error(
      'no log is configured: set KAFKA_BROKERS or TIDEMARK_LOG_URL, or run npm start, which brings its own',
    );
  }
  return createEmbeddedLog({ url: config.logUrl });
}
