import type { Readable } from 'node:stream';

/** What the command line touches of its process. */
export interface Io {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable;
  /** Results, and nothing else. */
  out(text: string): void;
  /** Everything that is said beside results. */
  err(text: string): void;
  /** Whether a person reads what is said beside results. */
  isTerminal: boolean;
  sleep(durationMs: number): Promise<void>;
}
