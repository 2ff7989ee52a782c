import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TopicSettings } from '../../schemas/topics.ts';
import { syncDirectory } from './durable-files.ts';
import { FRAME_HEADER_BYTES, stampFrames } from './frame.ts';
import { createGrowth } from './growth.ts';
import { LogUnavailableError } from './log-store.ts';
import type { FrameRun, PartitionLog } from './partition-log.ts';
import { type OpenFile, Segment } from './segment.ts';
import { type Recovery, recoverSegments } from './segment-recovery.ts';

/** A segment that would grow beyond this is sealed and a new one is begun. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;

/** Most bytes that are made durable by one sync. */
const MAX_SYNC_BYTES = 16 * 1024 * 1024;

/** A segment is sealed at this part of the retention time, so that little outlives it on quiet partitions. */
const AGES_PER_RETENTION = 8;

export interface PartitionOptions {
  dir: string;
  settings: Pick<TopicSettings, 'retentionMs' | 'retentionBytes'>;
  segmentBytes: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  openFile?: OpenFile | undefined;
}

interface PendingAppend {
  frames: Buffer;
  count: number;
  resolve: (offset: number) => void;
  reject: (error: unknown) => void;
}

/** Opens or creates a partition in its directory and says what was mended. */
export async function openPartition(
  options: PartitionOptions,
): Promise<{ partition: SegmentedPartition; recovery: Recovery }> {
  await mkdir(options.dir, { recursive: true });
  await syncDirectory(dirname(options.dir));
  const { segments, recovery } = await recoverSegments({ dir: options.dir, openFile: options.openFile });
  return { partition: new SegmentedPartition(options, segments), recovery };
}

/** One partition as a row of segment files. Appends that arrive during a sync share the next one. */
export class SegmentedPartition implements PartitionLog {
  readonly growth = createGrowth();
  readonly #options: PartitionOptions;
  readonly #segments: Segment[];
  #active: Segment;
  #queue: PendingAppend[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: PartitionOptions, segments: Segment[]) {
    const active = segments.at(-1);
    if (!active) throw new RangeError('a partition has at least one segment');
    this.#options = options;
    this.#segments = segments;
    this.#active = active;
    active.keepOpen();
    active.content.lastAppendedAt ||= segments.at(-2)?.content.lastAppendedAt ?? 0;
  }

  bounds(): { first: number; next: number } {
    return { first: this.#segments[0]?.base ?? 0, next: this.#active.content.next };
  }

  append(frames: Buffer, count: number): Promise<number> {
    if (this.#isClosed) return Promise.reject(new LogUnavailableError('the log is closing'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ frames, count, resolve, reject });
      if (this.#queue.length === 1) void this.#exclusively(() => this.#writeQueue());
    });
  }

  async read(from: number, maxBytes: number): Promise<FrameRun> {
    const { next } = this.bounds();
    const run: FrameRun = { chunks: [], valueBytes: 0, end: from };
    while (run.end < next && run.valueBytes < maxBytes) {
      const piece = await this.#readSegment(run.end, maxBytes - run.valueBytes).catch((error: unknown) => {
        if (run.chunks.length === 0 && run.end >= this.bounds().first) throw error;
      });
      if (!piece && run.chunks.length === 0) return this.read(this.bounds().first, maxBytes); // Retention was faster.
      if (!piece || (run.chunks.length > 0 && run.valueBytes + piece.valueBytes > maxBytes)) break;
      run.chunks.push(...piece.chunks);
      run.valueBytes += piece.valueBytes;
      run.end = piece.end;
    }
    return run;
  }

  /** Removes whole segments that are too old or too much, oldest first, never the one that takes the appends. */
  async retain(): Promise<number> {
    const { retentionMs, retentionBytes } = this.#options.settings;
    const now = this.#options.now();
    const { firstAppendedAt } = this.#active.content;
    const isAged = firstAppendedAt !== undefined && firstAppendedAt < now - retentionMs / AGES_PER_RETENTION;
    if (isAged) await this.#exclusively(() => this.#roll());
    let removed = 0;
    for (let oldest = this.#segments[0]; oldest && oldest !== this.#active; oldest = this.#segments[0]) {
      const isOld = oldest.content.lastAppendedAt < now - retentionMs;
      if (!isOld && this.#bytes() <= retentionBytes) break;
      this.#segments.shift();
      await oldest.remove();
      removed += 1;
    }
    return removed;
  }

  /** Lets what is queued become durable, then refuses more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#exclusively(() => this.#active.seal());
  }

  #bytes(): number {
    return this.#segments.reduce((sum, { content }) => sum + content.size, 0);
  }

  #readSegment(from: number, maxBytes: number): Promise<FrameRun> {
    const segment = this.#segments.findLast(({ base }) => base <= from);
    if (!segment) throw new RangeError(`offset ${from} is no longer kept`);
    return segment.read(from, maxBytes);
  }

  /** One write, roll or close at a time. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined); // Whoever asked for the work gets the error; the next turn is not affected.
    return turn;
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#write(batch);
      } catch (cause) {
        const error = new LogUnavailableError('the log could not store the records', { cause });
        for (const { reject } of batch) reject(error);
      }
    }
  }

  #takeBatch(): PendingAppend[] {
    let bytes = 0;
    const end = this.#queue.findIndex(({ frames }, index) => {
      bytes += frames.length;
      return index > 0 && bytes > MAX_SYNC_BYTES;
    });
    return this.#queue.splice(0, end === -1 ? this.#queue.length : end);
  }

  async #write(batch: readonly PendingAppend[]): Promise<void> {
    const bytes = batch.reduce((sum, { frames }) => sum + frames.length, 0);
    const { size } = this.#active.content;
    if (size > 0 && size + bytes > this.#options.segmentBytes) await this.#roll();
    const { next, lastAppendedAt } = this.#active.content;
    const appendedAt = Math.max(lastAppendedAt, this.#options.now());
    let offset = next;
    let records = 0;
    for (const { frames, count } of batch) {
      stampFrames(frames, { offset, appendedAt, syncFrom: next });
      offset += count;
      records += count;
    }
    await this.#active.append(batch, appendedAt);
    this.growth.add(bytes - records * FRAME_HEADER_BYTES);
    batch.reduce((first, { count, resolve }) => {
      resolve(first);
      return first + count;
    }, next);
  }

  async #roll(): Promise<void> {
    const sealed = this.#active;
    const { next, lastAppendedAt } = sealed.content;
    if (sealed.content.size === 0) return;
    const { dir, openFile } = this.#options;
    const active = new Segment({ dir, openFile, base: next });
    await active.create();
    active.content.lastAppendedAt = lastAppendedAt;
    active.keepOpen();
    this.#segments.push(active);
    this.#active = active;
    await sealed.seal();
  }
}
