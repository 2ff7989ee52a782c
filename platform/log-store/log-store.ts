/**
 * The durable log behind one port. Two implementations (embedded, Kafka) pass the same contract suite.
 * Offsets are dense per partition in the embedded log and increasing, not always dense, in Kafka.
 */
export interface LogStore {
  /**
   * Appends the values in order to one partition and resolves with the offset of each once they are durable.
   * Rejects with {@link LogUnavailableError} when durability cannot be promised within 20 s: the outcome is then unknown
   * (of several values a first part may be stored). Rejects with a RangeError, and stores nothing, for an unknown topic or
   * partition and beyond the limits of size (MAX_VALUE_BYTES, MAX_APPEND_BYTES). The values must not change meanwhile.
   */
  append(topic: string, partition: number, values: readonly Uint8Array[]): Promise<number[]>;

  /**
   * Joins the group and calls the handler, one batch at a time per partition, until `stop`. Partitions run side by side.
   * A position below the first kept offset (retention was faster) continues at the first: the handler sees it as a first
   * record beyond the offset it expected. A position beyond the end fails the consumer.
   */
  consume(options: ConsumeOptions): Promise<LogConsumer>;

  /** What the group last committed for the partition; undefined when nothing was. */
  committed(group: string, topic: string, partition: number): Promise<CommittedOffset | undefined>;

  /** First offset still kept and the offset the next record will get. */
  bounds(topic: string, partition: number): Promise<{ first: number; next: number }>;

  /** Stops the consumers that still run, then lets go of the log. */
  close(): Promise<void>;
}

export interface LogRecord {
  offset: number;
  /** Milliseconds since the epoch, set by the log when it stored the record. */
  appendedAt: number;
  value: Uint8Array;
}

export interface CommittedOffset {
  /** The next offset to process. */
  offset: number;
  /** Opaque to the log, kept with the offset; empty string when none was given. At most 4096 bytes of UTF-8 (RangeError). */
  metadata: string;
}

export interface Assignment {
  topic: string;
  partition: number;
  /** Grows with every rebalance of the group; a commit carrying an older one is refused. */
  epoch: number;
  committed: CommittedOffset | undefined;
}

export interface LogBatch {
  topic: string;
  partition: number;
  epoch: number;
  /** In offset order, never empty. */
  records: LogRecord[];
  /** The offset the next record of the partition will get: `next - last offset - 1` is the lag. */
  next: number;
}

export interface ConsumeOptions {
  group: string;
  topics: readonly string[];
  /** Called once per gained partition before its first batch. May return the offset to start at (default: the committed one, else the first kept). */
  onAssign?: (assignment: Assignment) => Promise<number | undefined>;
  /**
   * Called when a partition is taken away or the connection is lost, after its handler has returned; commits may be refused
   * by then. Not called on `stop` and not after a failure. The partition moves on when this settles, after 10 s regardless.
   */
  onRevoke?: (topic: string, partition: number) => Promise<void>;
  /**
   * A rejection stops the consumer and rejects `done`: nothing is skipped. Only a {@link StaleEpochError} of a partition
   * that was taken away meanwhile just ends the work on it. Must not await `stop`, which waits for it.
   */
  onBatch: (batch: LogBatch) => Promise<void>;
  /** Upper bound of the values of one batch in bytes (one larger record is still delivered alone). Default 8 MiB. */
  maxBatchBytes?: number;
  /** A batch is held back until it has this many bytes of values or `maxWaitMs` has passed since it had a record. Default 1. */
  minBatchBytes?: number;
  /** Default 500. */
  maxWaitMs?: number;
}

export interface LogConsumer {
  /** Resolves when durable. Rejects with {@link StaleEpochError} when the partition has moved since `epoch`. */
  commit(topic: string, partition: number, commit: CommittedOffset & { epoch: number }): Promise<void>;
  /** No further batch of the partition is delivered until `resume`; a new assignment starts unpaused. */
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  /** Waits for running handlers, leaves the group. */
  stop(): Promise<void>;
  /**
   * Settles when the consumer has ended: resolves after `stop`, rejects when a handler or the log failed for good. Whoever
   * consumes watches it: a rejection reaches nobody else. An unreachable log is no failure, the consumer joins again.
   */
  done: Promise<void>;
}

/** The log cannot promise durability now: answer 503, the client's event ids absorb a repeat. */
export class LogUnavailableError extends Error {
  override name = 'LogUnavailableError';
}

/** Stored bytes are damaged: what lies before them stays readable, the records in them are gone. Says where. */
export class LogCorruptError extends Error {
  override name = 'LogCorruptError';
}

/** The partition belongs to another consumer by now: drop the work, do not retry. */
export class StaleEpochError extends Error {
  override name = 'StaleEpochError';
}
