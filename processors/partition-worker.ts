import type { Log } from '../platform/log.ts';
import {
  type Assignment,
  type LogBatch,
  type LogConsumer,
  type LogRecord,
  StaleEpochError,
} from '../platform/log-store/log-store.ts';
import { createConfirm } from './confirm.ts';
import { addPoison } from './poison-limits.ts';
import type { PreparedRange } from './prepare-range.ts';
import { decodeProgress, encodeProgress, type Plan, PlanMismatchError, type Progress } from './progress.ts';
import { RangePreparer } from './range-preparer.ts';
import type { RangeSlots, Release } from './range-slots.ts';
import { type Backoff, untilDone } from './retry.ts';
import { isPassing, type RangeRows, type RowSink } from './sink.ts';
import type { AnyFold, AnyStream } from './streams/stream.ts';
import type { WorkerStats } from './worker-stats.ts';

/** One batch waits while another is worked on; what comes after it is left in the log. */
const maxWaiting = 1;

export interface WorkerDeps {
  consumer: Pick<LogConsumer, 'commit' | 'pause' | 'resume'>;
  sink: RowSink;
  stream: AnyStream;
  fold: AnyFold;
  slots: RangeSlots;
  log: Log;
  stats: WorkerStats;
  /** Stores a record that cannot be read as a dead letter; resolves when durable. */
  bury(record: LogRecord & { topic: string; partition: number; reason: string }): Promise<void>;
  /** Whether a flood of records that cannot be read ends the worker with a PoisonFloodError before any is set aside. */
  stopsOnPoison: boolean;
  backoff: Backoff;
  /** Milliseconds; also passes while the process is frozen. */
  now: () => number;
}

/**
 * Carries one partition, while it is assigned, from the log to the sink: plan, insert, advance. One insert is in flight at a time; the
 * next range is decoded and folded meanwhile. A failing sink is tried again for ever, with the partition paused.
 */
export class PartitionWorker {
  /** Resolves after `end` or when the partition has moved; rejects on what no repetition mends. */
  readonly ended: Promise<void>;
  readonly #deps: WorkerDeps;
  readonly #assignment: Assignment;
  readonly #preparer: RangePreparer;
  readonly #abort = new AbortController();
  readonly #waiting: LogBatch[] = [];
  #wake = Promise.withResolvers<void>();
  #storing: Promise<void> = Promise.resolve();
  readonly #held = new Set<Release>();
  #planned: Plan | undefined;
  #plannedRecords: LogRecord[] = [];
  /** Of the records before the range in hand. */
  #past: Omit<Progress, 'plan'>;
  #lastFailure = '';

  constructor(deps: WorkerDeps, assignment: Assignment) {
    this.#deps = deps;
    this.#assignment = assignment;
    const { plan, ...past } = decodeProgress(assignment.committed?.metadata ?? '');
    this.#planned = plan;
    this.#past = past;
    const attempt = <T>(work: () => Promise<T>) => this.#untilDone(work);
    this.#preparer = new RangePreparer({ ...deps, ...this.#where, settled: () => this.#storing, attempt });
    this.#countLate();
    this.ended = this.#run();
  }

  /** Takes a batch over; pauses the partition when it is enough for now. */
  offer(batch: LogBatch): void {
    this.#waiting.push(batch);
    if (this.#waiting.length >= maxWaiting)
      this.#deps.consumer.pause(this.#assignment.topic, this.#assignment.partition);
    this.#wake.resolve();
  }

  /** Ends after the insert in flight, without waiting for a sink that is away: the plan is kept and finished by the next owner. */
  async end(): Promise<void> {
    this.#abort.abort();
    this.#wake.resolve();
    await this.ended;
  }

  async #run(): Promise<void> {
    try {
      for (let batch = await this.#next(); batch; batch = await this.#next()) await this.#onBatch(batch);
      await this.#storing;
    } catch (error) {
      await this.#storing.catch(() => undefined); // The first error is the one to report.
      if (!this.#abort.signal.aborted && !(error instanceof StaleEpochError)) throw error;
    } finally {
      for (const release of this.#held) release();
    }
  }

  async #next(): Promise<LogBatch | undefined> {
    while (!this.#abort.signal.aborted) {
      const batch = this.#waiting.shift();
      if (batch !== undefined) return batch;
      this.#wake = Promise.withResolvers();
      this.#deps.consumer.resume(this.#assignment.topic, this.#assignment.partition);
      // A failure of the insert in flight rejects here, even if no batch ever comes again.
      await Promise.race([this.#wake.promise, this.#storing.then(() => this.#wake.promise)]);
    }
    return undefined;
  }

  async #onBatch(batch: LogBatch): Promise<void> {
    const records = this.#planned === undefined ? batch.records : await this.#finishPlanned(this.#planned, batch);
    if (records.length > 0) await this.#onRange(records);
  }

  async #onRange(records: readonly LogRecord[]): Promise<void> {
    const release = await this.#takeSlot();
    const range = await this.#preparer.prepare(records, this.#past.eventTime);
    await this.#storing;
    this.#abort.signal.throwIfAborted();
    const past = this.#pastAfter(range);
    await this.#bury(range);
    const confirm = this.#createConfirm(range.first, range.plan);
    this.#past = past;
    if (range.rows === undefined) return this.#advance(range).finally(release);
    await confirm();
    this.#storing = this.#store(range, range.rows, confirm).finally(release);
    this.#storing.catch(() => undefined); // Awaited in `#next`, `#onRange` or `#run`.
  }

  async #takeSlot(): Promise<Release> {
    const give = await this.#deps.slots.take(this.#abort.signal);
    const release = () => {
      this.#held.delete(release);
      give();
    };
    this.#held.add(release);
    return release;
  }

  async #store(range: PreparedRange, rows: RangeRows, confirm: () => Promise<void>): Promise<void> {
    const { sink, stats } = this.#deps;
    try {
      await sink.insert(rows);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#onFailure(error);
      await this.#untilDone(() => sink.reconcile(rows, confirm));
    }
    stats.inserts += 1;
    stats.rows += rows.rows;
    await this.#advance(range);
  }

  async #advance({ plan, duplicates }: PreparedRange): Promise<void> {
    const { stats } = this.#deps;
    stats.duplicates += duplicates;
    await this.#commit(plan.end + 1, encodeProgress({ plan: undefined, ...this.#past }));
    this.#countLate();
  }

  /** Returns the batch's records after the planned range, once that is stored; none while the range is not complete. */
  async #finishPlanned(plan: Plan, { records }: LogBatch): Promise<LogRecord[]> {
    for (const record of records) if (record.offset <= plan.end) this.#plannedRecords.push(record);
    const rest = records.filter((record) => record.offset > plan.end);
    const isComplete = rest.length > 0 || this.#plannedRecords.at(-1)?.offset === plan.end;
    if (!isComplete) return [];
    if (this.#plannedRecords.length > 0) await this.#recover(plan, this.#plannedRecords);
    else this.#deps.log.error({ ...this.#where, plan }, 'planned records expired in the log before they were stored');
    this.#planned = undefined;
    this.#plannedRecords = [];
    return rest;
  }

  async #recover(plan: Plan, records: readonly LogRecord[]): Promise<void> {
    const { log, sink, stats } = this.#deps;
    const release = await this.#takeSlot();
    const range = await this.#preparer.prepare(records, this.#past.eventTime);
    const { rows } = range;
    const isWhole = range.first === this.#assignment.committed?.offset;
    if (!isWhole) log.error({ ...this.#where, plan }, 'part of the planned records expired before they were stored');
    else if (range.plan.crc !== plan.crc) {
      throw new PlanMismatchError(`records ${range.first} to ${plan.end} of ${this.#name} differ from those planned`);
    }
    log.info({ ...this.#where, from: range.first, plan }, 'finishing an insert that was under way');
    const confirm = this.#createConfirm(range.first, range.plan);
    this.#past = this.#pastAfter(range); // It was set aside before the plan was made.
    if (rows !== undefined) await this.#untilDone(() => sink.reconcile(rows, confirm));
    stats.rows += rows?.rows ?? 0;
    await this.#advance({ ...range, plan });
    release();
  }

  #pastAfter({ poison, plan, eventTime }: PreparedRange): Omit<Progress, 'plan'> {
    if (!this.#deps.stopsOnPoison) return { poison: [], eventTime };
    const offsets = poison.map(({ record }) => record.offset);
    return { poison: addPoison(this.#past.poison, { name: this.#name, poison: offsets, last: plan.end }), eventTime };
  }

  async #bury({ poison }: PreparedRange): Promise<void> {
    for (const { record, batch } of poison) {
      const reason = String(batch);
      await this.#untilDone(() => this.#deps.bury({ ...record, ...this.#where, reason }));
      this.#deps.stats.poison += 1;
      this.#deps.log.warn({ ...this.#where, offset: record.offset, reason }, 'record set aside as a dead letter');
    }
  }

  #createConfirm(first: number, plan: Plan): () => Promise<void> {
    const metadata = encodeProgress({ plan, ...this.#past });
    const commit = () => this.#commit(first, metadata);
    return createConfirm({ commit, signal: this.#abort.signal, now: this.#deps.now });
  }

  #countLate(): void {
    this.#deps.stats.late.set(this.#name, { ...this.#where, count: this.#past.eventTime.late });
  }

  #commit(offset: number, metadata: string): Promise<void> {
    const { topic, partition, epoch } = this.#assignment;
    return this.#untilDone(() => this.#deps.consumer.commit(topic, partition, { offset, metadata, epoch }));
  }

  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    const onFailure = (error: unknown) => this.#onFailure(error);
    const result = await untilDone(work, { backoff: this.#deps.backoff, signal, isRetryable: isPassing, onFailure });
    if (this.#lastFailure !== '') this.#deps.log.info(this.#where, 'storing again');
    this.#lastFailure = '';
    return result;
  }

  /** Says what is wrong once, not at every attempt. */
  #onFailure(error: unknown): void {
    this.#deps.stats.retries += 1;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#lastFailure) this.#deps.log.warn({ ...this.#where, reason }, 'cannot store, trying again');
    this.#lastFailure = reason;
  }

  get #where(): { topic: string; partition: number } {
    return { topic: this.#assignment.topic, partition: this.#assignment.partition };
  }

  get #name(): string {
    return `${this.#assignment.topic}/${this.#assignment.partition}`;
  }
}
