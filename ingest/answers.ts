import { createHash } from 'node:crypto';
import { ApiError } from '../platform/errors.ts';

/** How many answers are kept for repeats, and for how long. */
export const ANSWER_LIMITS = { answers: 10_000, keptMs: 24 * 3_600_000 } as const;

export interface AnswersOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  limits?: { readonly [name in keyof typeof ANSWER_LIMITS]: number };
}

export interface KeyedRequest {
  tenant: string;
  idempotencyKey: string;
  body: unknown;
}

/** The answers given to requests with an Idempotency-Key. */
export interface Answers<Answer> {
  /**
   * The answer a request with this key got before, or is about to get; else what `make` resolves with, kept once it has. A rejection is
   * not kept. ApiError 422 when the key was used with another body.
   */
  once(request: KeyedRequest, make: () => Promise<Answer>): Promise<Answer>;
}

interface Entry<Answer> {
  digest: string;
  madeAt: number;
  answer: Promise<Answer>;
}

/**
 * Answers in the memory of this process: a convenience that spares a second append. The promise itself, one event per id within 24 hours,
 * is kept by the ids derived from the key, whatever this cache has forgotten.
 */
export function createAnswers<Answer>({ now, limits = ANSWER_LIMITS }: AnswersOptions): Answers<Answer> {
  const entries = new Map<string, Entry<Answer>>();
  return {
    // Not async: a suspended call would keep the body alive.
    once({ tenant, idempotencyKey, body }, make) {
      const key = `${tenant} ${idempotencyKey}`;
      const digest = digestOf(body);
      const known = entries.get(key);
      if (known !== undefined && now() - known.madeAt < limits.keptMs) {
        return known.digest === digest ? known.answer : Promise.reject(keyReused());
      }
      const entry = { digest, madeAt: now(), answer: make() };
      entries.delete(key);
      entries.set(key, entry);
      dropOldest(entries, limits.answers);
      // Only what is stored may be answered again.
      entry.answer.catch(() => entries.get(key) === entry && entries.delete(key));
      return entry.answer;
    },
  };
}

const digestOf = (body: unknown): string => createHash('sha256').update(JSON.stringify(body)).digest('base64');

function dropOldest(entries: Map<string, unknown>, max: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(key);
  }
}

const keyReused = (): ApiError =>
  new ApiError(422, {
    code: 'idempotency_key_reuse',
    message: 'The Idempotency-Key was used before with another request body.',
  });
