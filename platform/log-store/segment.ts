import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, writeAll } from './durable-files.ts';
import { FRAME_HEADER_BYTES, frameAt, headerAt } from './frame.ts';
import { readInto, walkFrames } from './frame-walk.ts';
import { LogCorruptError } from './log-store.ts';
import type { FrameRun } from './partition-log.ts';
import { SegmentIndex } from './segment-index.ts';

/** Opens a file; replaced in tests by one that fails. */
export type OpenFile = (path: string, flags: string) => Promise<FileHandle>;

export interface SegmentOptions {
  dir: string;
  /** Offset of the first record, also the name of the file. */
  base: number;
  openFile?: OpenFile | undefined;
}

/** What is known of a segment file that exists. */
export interface SegmentContent {
  /** Bytes of durable frames. */
  size: number;
  /** The offset after the last one. */
  next: number;
  firstAppendedAt: number | undefined;
  lastAppendedAt: number;
  index?: SegmentIndex;
}

/** Laid-out frames of one append, with their offsets and times. */
export interface StampedFrames {
  frames: Buffer;
  count: number;
}

/** Room for headers, beyond the values asked for, in one read. */
const READ_MARGIN_BYTES = 16 * 1024;

export const segmentName = (base: number): string => `${String(base).padStart(16, '0')}.segment`;

/** One append-only file of frames. Writes come one at a time; reads any time, up to what is durable. */
export class Segment {
  readonly path: string;
  readonly base: number;
  content: SegmentContent;
  readonly #openFile: OpenFile;
  #index: Promise<SegmentIndex> | undefined;
  #file: Promise<FileHandle> | undefined;
  #users = 0;
  #isKept = false;
  #needsRepair = false;

  constructor({ dir, base, openFile = open }: SegmentOptions, content?: SegmentContent) {
    this.path = join(dir, segmentName(base));
    this.base = base;
    this.content = content ?? {
      size: 0,
      next: base,
      firstAppendedAt: undefined,
      lastAppendedAt: 0,
      index: new SegmentIndex(),
    };
    this.#index = this.content.index && Promise.resolve(this.content.index);
    this.#openFile = openFile;
  }

  /** Creates the file durably, empty. */
  async create(): Promise<void> {
    const file = await this.#openFile(this.path, 'w');
    await file.close();
    await syncDirectory(dirname(this.path));
  }

  /** Keeps the file open for writing until `seal`. */
  keepOpen(): void {
    this.#isKept = true;
  }

  async seal(): Promise<void> {
    this.#isKept = false;
    await this.#closeUnused();
  }

  async remove(): Promise<void> {
    await this.seal();
    await unlink(this.path);
  }

  /** Appends stamped frames and makes them durable. When it rejects, nothing of them stays. */
  async append(parts: readonly StampedFrames[], appendedAt: number): Promise<void> {
    const index = await this.#indexed();
    let { size, next } = this.content;
    const buffers = parts.map(({ frames }) => frames);
    await this.#withFile((file) => this.#write(file, buffers));
    for (const { frames, count } of parts) {
      index.add(next, size);
      next += count;
      size += frames.length;
    }
    const firstAppendedAt = this.content.firstAppendedAt ?? appendedAt;
    this.content = { size, next, firstAppendedAt, lastAppendedAt: appendedAt };
  }

  async #write(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
    const { size } = this.content;
    if (this.#needsRepair) await file.truncate(size);
    this.#needsRepair = true;
    try {
      await writeAll(file, buffers, size);
      await file.datasync();
      this.#needsRepair = false;
    } catch (cause) {
      const repaired = await file.truncate(size).then(
        () => true,
        () => false, // Tried again before the next append.
      );
      this.#needsRepair = !repaired;
      throw new Error(`cannot write ${this.path}`, { cause });
    }
  }

  /** Frames from an offset inside this segment, up to `maxBytes` of values (one larger record comes alone). Rejects with LogCorruptError where they are damaged. */
  async read(from: number, maxBytes: number): Promise<FrameRun> {
    const { size } = this.content;
    const index = await this.#indexed();
    return this.#withFile(async (file) => {
      const at = await this.#locate(file, { offset: from, size, index });
      const chunk = await this.#readChunk(file, { at, size, maxBytes });
      const run = takeRun(chunk, from, maxBytes);
      if (run.end === from) throw this.#damage(from, at);
      index.remember(run.end, at + run.bytes);
      return { chunks: [chunk.subarray(0, run.bytes)], valueBytes: run.valueBytes, end: run.end };
    });
  }

  async #readChunk(
    file: FileHandle,
    { at, size, maxBytes }: { at: number; size: number; maxBytes: number },
  ): Promise<Buffer> {
    const length = Math.min(size - at, maxBytes + READ_MARGIN_BYTES);
    const chunk = await readInto(file, Buffer.allocUnsafe(length), { at, length });
    const first = headerAt(chunk, 0);
    if (typeof first === 'string' || first.end <= chunk.length || at + first.end > size) return chunk;
    return readInto(file, Buffer.allocUnsafe(first.end), { at, length: first.end });
  }

  async #locate(
    file: FileHandle,
    { offset, size, index }: { offset: number; size: number; index: SegmentIndex },
  ): Promise<number> {
    const place = index.before(offset) ?? { offset: this.base, at: 0 };
    if (place.offset === offset) return place.at;
    const end = await walkFrames(file, {
      from: place.at,
      to: size,
      offset: place.offset,
      isChecked: false,
      visit: (frame) => frame.offset < offset - 1,
    });
    if (end.offset !== offset) throw this.#damage(end.offset, end.at);
    return end.at;
  }

  /** The index is built on the first use of a segment that was there when the log was opened: opening stays cheap. */
  #indexed(): Promise<SegmentIndex> {
    this.#index ??= this.#buildIndex();
    return this.#index;
  }

  async #buildIndex(): Promise<SegmentIndex> {
    try {
      return await this.#withFile(async (file) => {
        const index = new SegmentIndex();
        const visit = (frame: { offset: number }, at: number) => {
          index.add(frame.offset, at);
          return true;
        };
        await walkFrames(file, { from: 0, to: this.content.size, offset: this.base, isChecked: false, visit });
        return index;
      });
    } catch (error) {
      this.#index = undefined;
      throw error;
    }
  }

  #damage(offset: number, at: number): LogCorruptError {
    return new LogCorruptError(
      `${this.path} is damaged at byte ${at}: offset ${offset} cannot be read; offsets before it and from ${this.content.next} on can`,
    );
  }

  async #withFile<T>(use: (file: FileHandle) => Promise<T>): Promise<T> {
    this.#users += 1;
    try {
      this.#file ??= this.#open();
      return await use(await this.#file);
    } finally {
      this.#users -= 1;
      await this.#closeUnused();
    }
  }

  async #open(): Promise<FileHandle> {
    try {
      return await this.#openFile(this.path, 'r+');
    } catch (error) {
      this.#file = undefined;
      throw error;
    }
  }

  async #closeUnused(): Promise<void> {
    if (this.#users > 0 || this.#isKept || !this.#file) return;
    const file = this.#file;
    this.#file = undefined;
    await file.then((handle) => handle.close());
  }
}

/** As many intact frames of the chunk as fit, starting with the expected offset. */
function takeRun(chunk: Buffer, from: number, maxBytes: number): { bytes: number; valueBytes: number; end: number } {
  const run = { bytes: 0, valueBytes: 0, end: from };
  for (;;) {
    const frame = frameAt(chunk, run.bytes);
    if (typeof frame === 'string' || frame.offset !== run.end) return run;
    const valueBytes = frame.end - run.bytes - FRAME_HEADER_BYTES;
    if (run.end > from && run.valueBytes + valueBytes > maxBytes) return run;
    run.bytes = frame.end;
    run.valueBytes += valueBytes;
    run.end += 1;
  }
}
