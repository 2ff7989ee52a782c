import type { Log } from '../../platform/log.ts';
import {
  type Assignment,
  type LogBatch,
  type LogConsumer,
  LogUnavailableError,
  StaleEpochError,
} from '../../platform/log-store/log-store.ts';
import { isPostgresAway } from '../../platform/postgres.ts';
import { type Backoff, untilDone } from '../retry.ts';
import { SinkUnavailableError } from '../sink.ts';
import type { SnapshotPart, SnapshotStore } from '../snapshots/snapshot-store.ts';
import { type AnalyticsLimits, snapshotDueAt } from './analytics-limits.ts';
import { Checkpoints } from './checkpoints.ts';
import { type FoldStats, PartitionFold } from './partition-fold.ts';
import type { AnySource } from './sources.ts';
import type { AnyStatefulProcessor } from './stateful-processor.ts';
import { type MadePorts, storeMade } from './store-made.ts';

export interface AnalyticsWorkerDeps extends Pick<MadePorts, 'rows' | 'outlet'> {
  consumer: Pick<LogConsumer, 'commit' | 'pause' | 'resume'>;
  snapshots: SnapshotStore;
  processors: readonly AnyStatefulProcessor[];
  source: AnySource;
  log: Log;
  limits: AnalyticsLimits;
  backoff: Backoff;
  createLineage: () => string;
  /** Milliseconds. */
  now: () => number;
}

/** What a worker did; times in milliseconds. */
export interface AnalyticsWorkerStats {
  rows: number;
  retries: number;
  snapshots: number;
  /** Of the last snapshot. */
  snapshotBytes: number;
  snapshotMs: number;
  /** Of the last snapshot, or of the start. */
  snapshotAt: number;
}

/**
 * Carries one partition, while it is assigned, through the stateful processors: takes over the last snapshot, folds what follows, and every
 * few seconds stores the rows, then a snapshot, then the offset. A crash between any two repeats the fold, and so the rows; they replace
 * themselves. Whoever lost the partition may still store rows, the same ones, but neither snapshot nor offset.
 */
export class AnalyticsWorker {
  readonly stats: AnalyticsWorkerStats;
  readonly #deps: AnalyticsWorkerDeps;
  readonly #assignment: Assignment;
  readonly #checkpoints: Checkpoints;
  readonly #abort = new AbortController();
  readonly #waiting: LogBatch[] = [];
  #fold: PartitionFold;
  #wake = Promise.withResolvers<void>();
  #ended: Promise<void> = Promise.resolve();
  /** The next record to fold; to store the rows of; of the last snapshot. */
  #next = 0;
  #stored = 0;
  #saved = 0;
  /** When the first of the rows that wait was made. */
  #rowsSince: number | undefined;
  /** Parts to be deleted with the next snapshot. */
  #foreign: SnapshotPart[] = [];
  #lastFailure = '';

  constructor(deps: AnalyticsWorkerDeps, assignment: Assignment) {
    this.#deps = deps;
    this.#assignment = assignment;
    this.#fold = new PartitionFold(assignment.partition, deps.processors, deps.source);
    const attempt = <T>(work: () => Promise<T>) => this.#untilDone(work);
    this.#checkpoints = new Checkpoints({ ...deps, assignment, attempt });
    this.stats = { rows: 0, retries: 0, snapshots: 0, snapshotBytes: 0, snapshotMs: 0, snapshotAt: deps.now() };
  }

  get foldStats(): Readonly<FoldStats> {
    return this.#fold.stats;
  }

  /** Events too late for any window, since the first record of the partition. */
  get late(): number {
    return this.#fold.late;
  }

  /** Whether records were folded since the last snapshot. */
  get hasUnsaved(): boolean {
    return this.#next !== this.#saved;
  }

  /** Whether there is a tenant for whom time could pass. */
  get hasTenants(): boolean {
    return this.#fold.hasTenants;
  }

  /** Takes the partition over. Resolves to the offset to go on from, undefined when the partition has moved meanwhile; what fails later goes to `onFailure`. */
  async start(onFailure: (error: unknown) => void): Promise<number | undefined> {
    try {
      await this.#takeOver();
    } catch (error) {
      if (this.#abort.signal.aborted || error instanceof StaleEpochError) return undefined;
      throw error;
    }
    this.#ended = this.#run().catch(onFailure);
    return this.#next;
  }

  /** Takes a batch over; no more come before it is worked on. */
  offer(batch: LogBatch): void {
    this.#waiting.push(batch);
    this.#deps.consumer.pause(batch.topic, batch.partition);
    this.#wake.resolve();
  }

  /** Ends with a last snapshot if the stores answer at once: what it lacks the next owner folds again. */
  async end(): Promise<void> {
    this.#abort.abort();
    this.#wake.resolve();
    await this.#ended;
  }

  async #takeOver(): Promise<void> {
    const { processors, source, log } = this.#deps;
    const offset = await this.#checkpoints.takeOver(() => {
      const fold = new PartitionFold(this.#assignment.partition, processors, source);
      const foreign: SnapshotPart[] = [];
      this.#fold = fold;
      this.#foreign = foreign;
      return (part) => {
        if (!fold.restore(part)) foreign.push({ ...part, body: new Uint8Array(0) });
      };
    });
    const parts = this.#foreign.length;
    if (parts > 0) log.warn({ ...this.where, parts }, 'dropping state that no processor reads');
    this.#next = offset;
    this.#stored = offset;
    this.#saved = offset;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#abort.signal.aborted) {
        const batch = await this.#nextOrDue();
        if (batch !== undefined) await this.#onBatch(batch);
        if (this.#deps.now() >= this.#flushDueAt) await this.#flush();
        if (this.#deps.now() >= this.#snapshotDueAt) await this.#snapshot();
      }
      await this.#snapshot();
    } catch (error) {
      const hasMoved = error instanceof StaleEpochError;
      if (!hasMoved && !this.#abort.signal.aborted) throw error;
      // Nothing is lost: the last snapshot stands, and the log has the rest.
      this.#deps.log.info({ ...this.where, reason: String(error) }, 'left a partition without a last snapshot');
    }
  }

  /** The next batch; undefined when something else is to be done first. */
  async #nextOrDue(): Promise<LogBatch | undefined> {
    const batch = this.#waiting.shift();
    if (batch !== undefined) return batch;
    this.#wake = Promise.withResolvers();
    this.#deps.consumer.resume(this.#assignment.topic, this.#assignment.partition);
    const dueAt = Math.min(this.#flushDueAt, this.#snapshotDueAt);
    const isDue = dueAt < Number.POSITIVE_INFINITY;
    const timer = isDue ? setTimeout(() => this.#wake.resolve(), Math.max(0, dueAt - this.#deps.now())) : undefined;
    await this.#wake.promise;
    clearTimeout(timer);
    return this.#waiting.shift();
  }

  async #onBatch({ records }: LogBatch): Promise<void> {
    const [first] = records;
    if (first !== undefined && first.offset > this.#next && this.#next > 0) {
      const gap = { ...this.where, expected: this.#next, found: first.offset };
      this.#deps.log.error(gap, 'records expired in the log before they were folded');
    }
    for (const record of records) {
      if (record.offset < this.#next) continue;
      const batch = this.#deps.source.decode(record.value);
      // What cannot be read is set aside by the archive.
      if (typeof batch !== 'string') this.#fold.onBatch({ offset: record.offset, batch });
      this.#next = record.offset + 1;
      if (this.#fold.rows >= this.#deps.limits.maxRows) await this.#flush();
    }
    if (this.#fold.rows > 0) this.#rowsSince ??= this.#deps.now();
  }

  get #flushDueAt(): number {
    return this.#rowsSince === undefined ? Number.POSITIVE_INFINITY : this.#rowsSince + this.#deps.limits.flushMs;
  }

  get #snapshotDueAt(): number {
    return this.hasUnsaved ? snapshotDueAt(this.stats, this.#deps.limits) : Number.POSITIVE_INFINITY;
  }

  /** Stores the rows of the records before `#next`. */
  async #flush(): Promise<void> {
    const { topic, partition } = this.where;
    const { rows } = this.#fold;
    const token = `${topic}:${partition}:${this.#stored}-${this.#next - 1}`;
    const attempt = <T>(work: () => Promise<T>) => this.#untilDone(work);
    await storeMade(this.#fold, { partition, token }, { ...this.#deps, attempt });
    this.#stored = this.#next;
    this.#rowsSince = undefined;
    this.stats.rows += rows;
  }

  /** Rows first, then the snapshot they belong to, then the offset: what was begun last is what may be missing. */
  async #snapshot(): Promise<void> {
    if (!this.hasUnsaved) return;
    await this.#flush();
    const startedAt = this.#deps.now();
    const parts = [...this.#foreign.splice(0), ...this.#fold.takeChanges()];
    await this.#checkpoints.save(this.#next, parts);
    this.#saved = this.#next;
    this.stats.snapshots += 1;
    this.stats.snapshotBytes = parts.reduce((sum, { body }) => sum + body.length, 0);
    this.stats.snapshotAt = this.#deps.now();
    this.stats.snapshotMs = this.stats.snapshotAt - startedAt;
  }

  /** After `end` one attempt is made. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    if (signal.aborted) return work();
    const onFailure = (error: unknown) => this.#onFailure(error);
    const result = await untilDone(work, { backoff: this.#deps.backoff, signal, isRetryable: isPassing, onFailure });
    this.#lastFailure = '';
    return result;
  }

  /** Says what is wrong once, not at every attempt. */
  #onFailure(error: unknown): void {
    this.stats.retries += 1;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#lastFailure) this.#deps.log.warn({ ...this.where, reason }, 'cannot store, trying again');
    this.#lastFailure = reason;
  }

  get where(): { topic: string; partition: number } {
    return { topic: this.#assignment.topic, partition: this.#assignment.partition };
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof SinkUnavailableError || error instanceof LogUnavailableError || isPostgresAway(error);
}
