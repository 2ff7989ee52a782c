import type { LogStore } from '../../platform/log-store/log-store.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { DeadLetter, Replayed } from '../../schemas/api/dead-letters.ts';
import { listDeadLetters } from './list-dead-letters.ts';
import { replayDeadLetter } from './replay-dead-letter.ts';

/** Records nothing could be read from. Which tenant they belong to is unknown, so only those above all tenants may see them. */
export interface DeadLetters {
  /** Newest first. */
  list(page: PageOfLetters): Promise<{ letters: DeadLetter[]; totalCount: number }>;
  /**
   * Appends the record to its partition again once it can be read: its events are stored once, however often this is tried. ApiError 404
   * for an unknown id, 409 when the value was cut, 422 when it still cannot be read.
   */
  replay(id: string): Promise<Replayed>;
}

export interface PageOfLetters {
  offset: number;
  limit: number;
}

export interface DeadLetterOptions {
  sql: Sql;
  /** The log, opened when it is first needed. */
  openLog(): Promise<Pick<LogStore, 'append'>>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export function createDeadLetters(options: DeadLetterOptions): DeadLetters {
  return {
    list: (page) => listDeadLetters(options.sql, page),
    replay: (id) => replayDeadLetter(options, id),
  };
}
