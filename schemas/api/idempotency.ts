import { Type } from 'typebox';
import { EVENT_LIMITS } from './event-limits.ts';

export const IDEMPOTENCY_LIMITS = {
  keyLength: EVENT_LIMITS.idempotencyKeyLength,
  /** How long an answer is kept. */
  keptForMs: 24 * 3_600_000,
  /** How long a call may take before a repeat of it may begin anew. */
  leaseMs: 60_000,
  /** Longest answer that is kept. */
  answerBytes: 1_048_576,
} as const;

/** Of every mutating call of the control plane. */
export const IdempotencyHeadersSchema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: `^[\\x21-\\x7e]{1,${IDEMPOTENCY_LIMITS.keyLength}}$`,
      description:
        'Extension. A repeat of the request within 24 hours gets the stored answer with `Idempotent-Replayed: true`; another request with the same key is refused with 422, one while the first is in progress with 409.',
      'x-issue': `must be 1 to ${IDEMPOTENCY_LIMITS.keyLength} visible ASCII characters`,
    }),
  ),
});
