import type { Sql } from '../../platform/postgres.ts';
import { DEAD_LETTER_LIMITS, type DeadLetter } from '../../schemas/api/dead-letters.ts';

export interface PageOfLetters {
  offset: number;
  limit: number;
}

interface LetterRow {
  topic: string;
  partition: number;
  offset: string;
  reason: string;
  appendedAt: Date;
  valueBytes: number;
  shown: Buffer;
  replayedAt: Date | null;
}

/** One page of the dead letters, newest first, and how many there are. */
export async function listDeadLetters(
  sql: Sql,
  { offset, limit }: PageOfLetters,
): Promise<{ letters: DeadLetter[]; totalCount: number }> {
  const [[counted], rows] = await Promise.all([
    sql<{ count: number }[]>`SELECT count(*)::integer AS count FROM dead_letters`,
    sql<LetterRow[]>`
      SELECT topic, partition, log_offset AS "offset", reason, appended_at AS "appendedAt", value_bytes AS "valueBytes",
        substring(value FROM 1 FOR ${DEAD_LETTER_LIMITS.shownBytes}) AS shown, replayed_at AS "replayedAt"
      FROM dead_letters
      ORDER BY appended_at DESC, topic, partition, log_offset DESC
      LIMIT ${limit} OFFSET ${offset}`,
  ]);
  return { letters: rows.map(toLetter), totalCount: counted?.count ?? 0 };
}

function toLetter({
  topic,
  partition,
  offset,
  reason,
  appendedAt,
  valueBytes,
  shown,
  replayedAt,
}: LetterRow): DeadLetter {
  return {
    id: `${topic}:${partition}:${offset}`,
    reason,
    topic,
    partition,
    offset: Number(offset),
    appendedAt: appendedAt.toISOString(),
    valueBytes,
    valueBase64: shown.toString('base64'),
    replayedAt: replayedAt?.toISOString() ?? null,
  };
}
