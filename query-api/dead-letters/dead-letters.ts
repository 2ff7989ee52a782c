import type { DeadLetter, Replayed } from '../../schemas/api/dead-letters.ts';
import type { Call } from '../control/call.ts';
import { listDeadLetters, type PageOfLetters } from './list-dead-letters.ts';
import { type DeadLetterOptions, replayDeadLetter } from './replay-dead-letter.ts';

/** Records nothing could be read from. Which tenant they belong to is unknown, so only those above all tenants may see them. */
export interface DeadLetters {
  /** Newest first. */
  list(page: PageOfLetters): Promise<{ letters: DeadLetter[]; totalCount: number }>;
  /**
   * Appends the record to its partition again once it can be read: its events are stored once, however often this is tried. ApiError 404
   * for an unknown id, 409 when the value was cut, 422 when it still cannot be read.
   */
  replay(call: Call, id: string): Promise<Replayed>;
}

export function createDeadLetters(options: DeadLetterOptions): DeadLetters {
  return {
    list: (page) => listDeadLetters(options.sql, page),
    replay: (call, id) => replayDeadLetter(options, call, id),
  };
}
