import { ApiError, conflict, notFound } from '../../platform/errors.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import type { Sql, SqlRunner } from '../../platform/postgres.ts';
import type { Replayed } from '../../schemas/api/dead-letters.ts';
import { decodeEventBatch, encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { Call } from '../control/call.ts';
import { withChange } from '../control/changes.ts';

export interface DeadLetterOptions {
  sql: Sql;
  /** The log, opened when it is first needed. */
  openLog(): Promise<Pick<LogStore, 'append'>>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

interface Position {
  topic: string;
  partition: number;
  offset: number;
}

interface ReplayRow {
  valueBytes: number;
  value: Buffer;
  replayedAt: Date | null;
  replayedOffset: string | null;
}

const idPattern = /^([a-z0-9.-]{1,64}):(\d{1,5}):(\d{1,15})$/;

/** As `DeadLetters.replay` says. The row is locked meanwhile, so of two requests the second finds what the first has done. */
export async function replayDeadLetter(options: DeadLetterOptions, call: Call, id: string): Promise<Replayed> {
  const at = positionOf(id);
  const replayed = await withChange(options, {
    call,
    subject: { action: 'dead-letter.replay', objectType: 'dead-letter', objectId: id },
    async run(sql, report) {
      const outcome = await replayLocked(options, sql, at);
      const { repeated: wasReplayed, ...state } = outcome;
      report({ objectId: id, tenant: null, before: wasReplayed ? state : undefined, after: state });
      return outcome;
    },
  });
  return { id, status: 'replayed', topic: at.topic, partition: at.partition, ...replayed };
}

function positionOf(id: string): Position {
  const [, topic, partition, offset] = idPattern.exec(id) ?? [];
  if (topic !== TOPICS.events) throw notFound();
  return { topic, partition: Number(partition), offset: Number(offset) };
}

type Outcome = Pick<Replayed, 'replayedAt' | 'offset' | 'repeated'>;

async function replayLocked(options: DeadLetterOptions, sql: SqlRunner, at: Position): Promise<Outcome> {
  const isIt = sql`topic = ${at.topic} AND partition = ${at.partition} AND log_offset = ${at.offset}`;
  const [row] = await sql<ReplayRow[]>`
    SELECT value_bytes AS "valueBytes", value, replayed_at AS "replayedAt", replayed_offset AS "replayedOffset"
    FROM dead_letters WHERE ${isIt} FOR UPDATE`;
  if (row === undefined) throw notFound();
  if (row.replayedAt !== null) {
    return { replayedAt: row.replayedAt.toISOString(), offset: Number(row.replayedOffset), repeated: true };
  }
  const value = replayableValue(row);
  const log = await options.openLog();
  const [offset = 0] = await log.append(at.topic, at.partition, [value]);
  const replayedAt = new Date(options.now());
  await sql`UPDATE dead_letters SET replayed_at = ${replayedAt}, replayed_offset = ${offset} WHERE ${isIt}`;
  return { replayedAt: replayedAt.toISOString(), offset, repeated: false };
}

/**
 * The record as it is to be appended: the same events, their ids marked as those a repeat is recognised by. A request may end between the
 * append and the mark in the table; the next one then appends again, and the processors drop what they have.
 */
function replayableValue({ value, valueBytes }: ReplayRow): Uint8Array {
  if (value.length < valueBytes) {
    throw conflict(`The record had ${valueBytes} bytes, of which ${value.length} were kept: it cannot be replayed.`);
  }
  const batch = decodeEventBatch(value);
  if (typeof batch !== 'string') return encodeEventBatch({ ...batch, clientIds: true });
  throw new ApiError(422, { code: 'unreadable', message: `The record still cannot be read: ${batch}.` });
}
