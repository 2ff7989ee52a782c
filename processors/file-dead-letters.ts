import type { Log } from '../platform/log.ts';
import {
  type LogBatch,
  type LogConsumer,
  type LogStore,
  LogUnavailableError,
  StaleEpochError,
} from '../platform/log-store/log-store.ts';
import { isPostgresAway, type Sql } from '../platform/postgres.ts';
import { DEAD_LETTERS_GROUP, TOPIC_SETTINGS, TOPICS } from '../schemas/topics.ts';
import { type DeadLetter, decodeDeadLetter } from './dead-letter.ts';
import { type Backoff, untilDone } from './retry.ts';

export interface FilingOptions {
  logStore: LogStore;
  sql: Sql;
  log: Log;
  backoff?: Backoff;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export interface Filing {
  stop(): Promise<void>;
  /** Resolves after `stop`; rejects when the tier must be restarted. */
  done: Promise<void>;
}

const defaultBackoff: Backoff = { minMs: 250, maxMs: 5_000 };

/**
 * Files the dead letters of the log in PostgreSQL, where they can be listed and replayed: each position of the log once, however often
 * it is delivered. Waits for a PostgreSQL that is away; forgets letters as old as the topic's retention.
 */
export async function fileDeadLetters(options: FilingOptions): Promise<Filing> {
  const stopping = new AbortController();
  const consuming = Promise.withResolvers<LogConsumer>();
  const consumer = await options.logStore.consume({
    group: DEAD_LETTERS_GROUP,
    topics: [TOPICS.dead],
    async onBatch(batch) {
      try {
        await fileBatch(options, { batch, consumer: await consuming.promise, signal: stopping.signal });
      } catch (error) {
        // What is not committed is delivered again, to us or to the next owner.
        if (!stopping.signal.aborted && !(error instanceof StaleEpochError)) throw error;
      }
    },
  });
  consuming.resolve(consumer);
  return {
    done: consumer.done,
    async stop() {
      stopping.abort();
      await consumer.stop();
    },
  };
}

interface BatchToFile {
  batch: LogBatch;
  consumer: LogConsumer;
  signal: AbortSignal;
}

async function fileBatch(options: FilingOptions, { batch, consumer, signal }: BatchToFile): Promise<void> {
  const { sql, log, backoff = defaultBackoff, now = Date.now } = options;
  const { topic, partition, epoch, records } = batch;
  const offset = (records.at(-1)?.offset ?? 0) + 1;
  const letters = records.map(({ value }) => decodeDeadLetter(value)).filter((letter) => letter !== undefined);
  if (letters.length < records.length) {
    log.error({ topic, partition, before: offset }, 'the dead-letter topic holds records that are no dead letters');
  }
  const oldest = new Date(now() - TOPIC_SETTINGS[TOPICS.dead].retentionMs);
  await untilDone(() => insertLetters(sql, letters, oldest), {
    backoff,
    signal,
    isRetryable: isPostgresAway,
    onFailure: (error) => log.warn({ err: error }, 'cannot file dead letters, trying again'),
  });
  await untilDone(() => consumer.commit(topic, partition, { offset, metadata: '', epoch }), {
    backoff,
    signal,
    isRetryable: (error) => error instanceof LogUnavailableError,
  });
}

async function insertLetters(sql: Sql, letters: readonly DeadLetter[], oldest: Date): Promise<void> {
  for (const { topic, partition, offset, reason, appendedAt, valueBytes, value } of letters) {
    await sql`
      INSERT INTO dead_letters (topic, partition, log_offset, reason, appended_at, value_bytes, value)
      VALUES (${topic}, ${partition}, ${offset}, ${reason}, ${new Date(appendedAt)}, ${valueBytes}, ${Buffer.from(value)})
      ON CONFLICT DO NOTHING`;
  }
  await sql`DELETE FROM dead_letters WHERE appended_at < ${oldest}`;
}
