import { randomUUID } from 'node:crypto';
import { conflict } from '../../platform/errors.ts';
import type { Sql, SqlRunner } from '../../platform/postgres.ts';
import type { Pepper } from '../../platform/tenancy/pepper.ts';
import { IDEMPOTENCY_LIMITS } from '../../schemas/api/idempotency.ts';
import { openAnswer, type StoredAnswer, sealAnswer } from './sealed-answer.ts';

/** A call that is to happen once: `id` says whose key on which route it is, `request` what was asked. SHA-256 each. */
export interface CallToClaim {
  id: Buffer;
  request: Buffer;
}

/** A call that may happen now, and by nobody else until its lease ends. */
export interface Claim {
  id: Buffer;
  lease: string;
}

export type ClaimResult =
  | { kind: 'claimed'; claim: Claim }
  | { kind: 'answered'; answer: StoredAnswer }
  /** It was carried out, and what it was answered is not known (a crash in between, or a pepper that is gone). */
  | { kind: 'answer_lost' }
  | { kind: 'other_request' }
  | { kind: 'in_progress' };

/** Calls with an Idempotency-Key and what they were answered, for 24 hours. */
export interface Idempotency {
  claim(call: CallToClaim): Promise<ClaimResult>;
  /**
   * Marks the call as carried out, in the transaction that does so. ApiError 409 when another request has taken the call over meanwhile:
   * the transaction then must not be committed.
   */
  apply(sql: SqlRunner, claim: Claim): Promise<void>;
  /** Keeps the answer for repeats of the call. */
  complete(claim: Claim, answer: StoredAnswer): Promise<void>;
  /** Lets the next request try, unless this one was carried out. */
  release(claim: Claim): Promise<void>;
}

export interface IdempotencyOptions {
  sql: Sql;
  pepper: Pepper;
  /** Milliseconds since the epoch. */
  now: () => number;
}

interface StoredCall {
  request: Buffer;
  isApplied: boolean;
  answer: Buffer | null;
  pepperVersion: number | null;
}

/** Expired answers are deleted with the answers that are stored, at most this often. */
const purgeIntervalMs = 60_000;

export function createIdempotency({ sql, pepper, now }: IdempotencyOptions): Idempotency {
  const purge = createPurge(sql);
  return {
    async claim({ id, request }) {
      const at = now();
      const lease = randomUUID();
      const [own] = await sql`
        INSERT INTO idempotent_calls AS call (id, request, lease, lease_until, expires_at)
        VALUES (${id}, ${request}, ${lease}, ${new Date(at + IDEMPOTENCY_LIMITS.leaseMs)}, ${new Date(at + IDEMPOTENCY_LIMITS.keptForMs)})
        ON CONFLICT (id) DO UPDATE SET
          request = excluded.request, lease = excluded.lease, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
          is_applied = false, answer = NULL, pepper_version = NULL
        WHERE call.expires_at <= ${new Date(at)}
          OR (call.lease_until <= ${new Date(at)} AND NOT call.is_applied AND call.answer IS NULL AND call.request = excluded.request)
        RETURNING 1`;
      if (own !== undefined) return { kind: 'claimed', claim: { id, lease } };
      const [stored] = await sql<StoredCall[]>`
        SELECT request, is_applied AND lease_until <= ${new Date(at)} AS "isApplied", answer, pepper_version AS "pepperVersion"
        FROM idempotent_calls WHERE id = ${id}`;
      return stored === undefined ? { kind: 'in_progress' } : judge(stored, { id, request }, pepper);
    },
    async apply(transaction, { id, lease }) {
      const { count } = await transaction`
        UPDATE idempotent_calls SET is_applied = true WHERE id = ${id} AND lease = ${lease}`;
      if (count === 0) throw conflict('The request took too long, and a repeat of it has begun meanwhile.');
    },
    async complete({ id, lease }, answer) {
      const { bytes, pepperVersion } = sealAnswer(answer, id, pepper);
      await sql`
        UPDATE idempotent_calls SET answer = ${bytes}, pepper_version = ${pepperVersion} WHERE id = ${id} AND lease = ${lease}`;
      await purge(now());
    },
    async release({ id, lease }) {
      await sql`DELETE FROM idempotent_calls WHERE id = ${id} AND lease = ${lease} AND NOT is_applied`;
      await sql`UPDATE idempotent_calls SET lease_until = ${new Date(now())} WHERE id = ${id} AND lease = ${lease}`;
    },
  };
}

function judge(stored: StoredCall, { id, request }: CallToClaim, pepper: Pepper): ClaimResult {
  if (!stored.request.equals(request)) return { kind: 'other_request' };
  if (stored.answer === null) return { kind: stored.isApplied ? 'answer_lost' : 'in_progress' };
  const answer = openAnswer({ bytes: stored.answer, pepperVersion: stored.pepperVersion ?? 0 }, id, pepper);
  return answer === undefined ? { kind: 'answer_lost' } : { kind: 'answered', answer };
}

function createPurge(sql: Sql): (at: number) => Promise<void> {
  let purgedAt = Number.NEGATIVE_INFINITY;
  return async (at) => {
    if (Math.abs(at - purgedAt) < purgeIntervalMs) return;
    purgedAt = at;
    await sql`DELETE FROM idempotent_calls WHERE expires_at <= ${new Date(at)}`;
  };
}
