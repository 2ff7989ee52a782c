import { open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeFrames, FRAME_HEADER_BYTES, layOutFrames } from '../../../platform/log-store/frame.ts';
import { LogCorruptError, LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { segmentName } from '../../../platform/log-store/segment.ts';
import {
  openPartition,
  type PartitionOptions,
  type SegmentedPartition,
} from '../../../platform/log-store/segmented-partition.ts';
import { withTempDir } from './temp-dir.ts';

const EVERYTHING = 1 << 30;
const HOUR_MS = 3_600_000;

describe('a partition of segment files', () => {
  let temp: Awaited<ReturnType<typeof withTempDir>>;
  let nowMs = 1_700_000_000_000;
  let dir = '';

  beforeEach(async () => {
    temp = await withTempDir();
    dir = join(temp.dir, 'partition');
  });
  afterEach(() => temp.remove());

  const openIt = (options: Partial<PartitionOptions> = {}) =>
    openPartition({
      dir,
      settings: { retentionMs: HOUR_MS * 24, retentionBytes: EVERYTHING },
      segmentBytes: 1_000,
      now: () => nowMs,
      ...options,
    });

  async function append(partition: SegmentedPartition, ...values: string[]): Promise<number> {
    return partition.append(Buffer.concat(layOutFrames(values.map((value) => Buffer.from(value)))), values.length);
  }

  async function readAll(partition: SegmentedPartition, from = partition.bounds().first): Promise<string[]> {
    const run = await partition.read(from, EVERYTHING);
    return decodeFrames(Buffer.concat(run.chunks)).map(({ value }) => Buffer.from(value).toString());
  }

  async function filled(count: number, options: Partial<PartitionOptions> = {}): Promise<string[]> {
    const { partition } = await openIt(options);
    const values = Array.from({ length: count }, (_, index) => `${index}`.padEnd(76, '.'));
    for (const value of values) await append(partition, value);
    await partition.close();
    return values;
  }

  const segmentAt = (base: number) => join(dir, segmentName(base));

  async function damage(path: string, at: number): Promise<void> {
    const file = await open(path, 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 0xff]), 0, 1, at);
    await file.close();
  }

  test('begins a new segment before the size is exceeded and reads across them', async () => {
    const values = await filled(25);
    expect((await readdir(dir)).sort()).toEqual([0, 10, 20].map(segmentName));
    const { partition, recovery } = await openIt();
    expect(recovery).toEqual({ kind: 'clean' });
    expect(partition.bounds()).toEqual({ first: 0, next: 25 });
    expect(await readAll(partition)).toEqual(values);
    for (const from of [1, 9, 10, 11, 24]) expect(await readAll(partition, from)).toEqual(values.slice(from));
    expect(await readAll(partition, 25)).toEqual([]);
    await partition.close();
  });

  test('finds every offset in segments with many small records', async () => {
    const { partition } = await openIt({ segmentBytes: 1 << 20 });
    const values = Array.from({ length: 20_000 }, (_, index) => `${index}`);
    await append(partition, ...values.slice(0, 10_000));
    await append(partition, ...values.slice(10_000));
    await partition.close();
    const { partition: again } = await openIt({ segmentBytes: 1 << 20 });
    for (const from of [0, 1, 4_999, 10_000, 15_001, 19_999]) {
      const run = await again.read(from, 12);
      expect(decodeFrames(Buffer.concat(run.chunks))[0]?.offset).toBe(from);
    }
    await again.close();
  });

  test('cut off anywhere, keeps exactly the records that are whole and goes on with the next offset', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 999 }), async (cut) => {
        const fresh = await withTempDir();
        dir = join(fresh.dir, 'partition');
        const values = await filled(9);
        await truncate(segmentAt(0), Math.min(cut, (await stat(segmentAt(0))).size));
        const { partition } = await openIt();
        const whole = Math.min(9, Math.floor(cut / (FRAME_HEADER_BYTES + 76)));
        expect(await append(partition, 'next')).toBe(whole);
        expect(await readAll(partition)).toEqual([...values.slice(0, whole), 'next']);
        await partition.close();
        await fresh.remove();
      }),
      { numRuns: 40 },
    );
  });

  test('says that it has cut off a torn tail', async () => {
    await filled(3);
    const { size } = await stat(segmentAt(0));
    await truncate(segmentAt(0), size - 1);
    const { partition, recovery } = await openIt();
    expect(recovery).toEqual({ kind: 'truncated', path: segmentAt(0), bytes: 99 });
    expect((await stat(segmentAt(0))).size).toBe(200);
    await partition.close();
  });

  test('cuts off a damaged tail, and zeros behind the end', async () => {
    const values = await filled(3);
    await damage(segmentAt(0), 250);
    const { partition } = await openIt();
    expect(partition.bounds().next).toBe(2);
    await partition.close();
    await writeFile(segmentAt(0), Buffer.alloc(500), { flag: 'a' });
    const { partition: again } = await openIt();
    expect(await readAll(again)).toEqual(values.slice(0, 2));
    await again.close();
  });

  test('cuts off a whole sync that was torn in its middle', async () => {
    const { partition } = await openIt();
    await append(partition, 'a');
    await append(partition, 'b', 'c', 'd');
    await partition.close();
    await damage(segmentAt(0), 25 + FRAME_HEADER_BYTES);
    const { partition: again, recovery } = await openIt();
    expect(recovery.kind).toBe('truncated');
    expect(await readAll(again)).toEqual(['a']);
    await again.close();
  });

  test('never cuts off records that were synced: damage among them is kept, reported, and told to readers', async () => {
    const values = await filled(5);
    await damage(segmentAt(0), 250);
    const { partition, recovery } = await openIt();
    expect(recovery).toEqual({ kind: 'damaged', path: segmentAt(0), at: 200, offset: 2 });
    expect(partition.bounds()).toEqual({ first: 0, next: 5 });
    expect(await append(partition, 'after')).toBe(5);
    expect(await readAll(partition)).toEqual(values.slice(0, 2));
    await expect(readAll(partition, 2)).rejects.toThrow(LogCorruptError);
    await expect(readAll(partition, 2)).rejects.toThrow(/segment is damaged at byte 200: offset 2/);
    expect(await readAll(partition, 5)).toEqual(['after']);
    await partition.close();
    const { partition: again } = await openIt();
    expect(again.bounds()).toEqual({ first: 0, next: 6 });
    await again.close();
  });

  test('tells readers about damage in a sealed segment and delivers what lies before it', async () => {
    const values = await filled(25);
    await damage(segmentAt(0), 550);
    const { partition, recovery } = await openIt();
    expect(recovery).toEqual({ kind: 'clean' });
    expect(await readAll(partition)).toEqual(values.slice(0, 5));
    await expect(readAll(partition, 5)).rejects.toThrow(LogCorruptError);
    expect(await readAll(partition, 10)).toEqual(values.slice(10));
    await partition.close();
  });

  test('makes appends that wait for a sync durable together', async () => {
    let syncs = 0;
    const { partition } = await openIt({
      segmentBytes: 1 << 20,
      openFile: async (path, flags) => {
        const file = await open(path, flags);
        const datasync = file.datasync.bind(file);
        file.datasync = () => {
          syncs += 1;
          return datasync();
        };
        return file;
      },
    });
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => append(partition, `${index}`)));
    expect(syncs).toBeLessThanOrEqual(3);
    await partition.close();
  });

  test('neither answers nor shows a record before its sync has ended', async () => {
    const gate = Promise.withResolvers<void>();
    const syncing = Promise.withResolvers<void>();
    const { partition } = await openIt({
      openFile: async (path, flags) => {
        const file = await open(path, flags);
        const datasync = file.datasync.bind(file);
        file.datasync = async () => {
          syncing.resolve();
          await gate.promise;
          await datasync();
        };
        return file;
      },
    });
    let isAnswered = false;
    const appended = append(partition, 'a').then(() => {
      isAnswered = true;
    });
    await syncing.promise;
    expect(await readAll(partition)).toEqual([]);
    expect([isAnswered, partition.bounds().next]).toEqual([false, 0]);
    gate.resolve();
    await appended;
    expect(await readAll(partition)).toEqual(['a']);
    await partition.close();
  });

  test('rejects what it cannot write, leaves nothing of it, and goes on when there is space again', async () => {
    let isFull = false;
    const noSpace = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const { partition } = await openIt({
      openFile: async (path, flags) => {
        const file = await open(path, flags);
        const datasync = file.datasync.bind(file);
        file.datasync = () => (isFull ? Promise.reject(noSpace) : datasync());
        return file;
      },
    });
    await append(partition, 'a');
    isFull = true;
    await expect(append(partition, 'lost')).rejects.toThrow(LogUnavailableError);
    expect(partition.bounds().next).toBe(1);
    expect((await stat(segmentAt(0))).size).toBe(25);
    isFull = false;
    expect(await append(partition, 'b')).toBe(1);
    expect(await readAll(partition)).toEqual(['a', 'b']);
    await partition.close();
  });

  test('mends a half-written record before the next append when it could not do so at once', async () => {
    let isBroken = false;
    const failure = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    const { partition } = await openIt({
      openFile: async (path, flags) => {
        const file = await open(path, flags);
        const [writev, shorten] = [file.writev.bind(file), file.truncate.bind(file)];
        file.writev = async (buffers, at) => {
          if (!isBroken) return writev(buffers, at);
          await writev([Buffer.from('half a record')], at);
          throw failure;
        };
        file.truncate = (length) => (isBroken ? Promise.reject(failure) : shorten(length));
        return file;
      },
    });
    await append(partition, 'a');
    isBroken = true;
    await expect(append(partition, 'b')).rejects.toThrow(LogUnavailableError);
    await expect(append(partition, 'c')).rejects.toThrow(LogUnavailableError);
    isBroken = false;
    expect(await append(partition, 'd')).toBe(1);
    await partition.close();
    expect((await readFile(segmentAt(0))).length).toBe(50);
  });

  test('writes on when the system takes only a part of the bytes', async () => {
    const { partition } = await openIt({
      openFile: async (path, flags) => {
        const file = await open(path, flags);
        file.writev = async (buffers, at) => {
          const all = Buffer.concat(buffers as unknown as Buffer[]).subarray(0, 7);
          const { bytesWritten } = await file.write(all, 0, all.length, at);
          return { bytesWritten, buffers };
        };
        return file;
      },
    });
    await append(partition, 'a', 'b', 'c');
    expect(await readAll(partition)).toEqual(['a', 'b', 'c']);
    await partition.close();
  });

  test('refuses appends after it was closed', async () => {
    const { partition } = await openIt();
    const before = append(partition, 'a');
    const closing = partition.close();
    await expect(append(partition, 'b')).rejects.toThrow(LogUnavailableError);
    await closing;
    expect(await before).toBe(0);
  });

  describe('retention', () => {
    test('by size removes the oldest whole segments and moves the first offset', async () => {
      const values = await filled(35);
      const { partition } = await openIt({ settings: { retentionMs: HOUR_MS * 1e6, retentionBytes: 1_800 } });
      expect(await partition.retain()).toBe(2);
      expect(partition.bounds()).toEqual({ first: 20, next: 35 });
      expect(await readAll(partition)).toEqual(values.slice(20));
      expect((await readdir(dir)).sort()).toEqual([20, 30].map(segmentName));
      await partition.close();
    });

    test('by age removes segments whose last record is too old', async () => {
      const { partition } = await openIt({ settings: { retentionMs: HOUR_MS, retentionBytes: EVERYTHING } });
      for (let index = 0; index < 15; index++) await append(partition, 'x'.repeat(76));
      nowMs += HOUR_MS / 2;
      for (let index = 0; index < 10; index++) await append(partition, 'y'.repeat(76));
      expect(await partition.retain()).toBe(0);
      nowMs += HOUR_MS / 2 + 1;
      expect(await partition.retain()).toBe(1);
      expect(partition.bounds()).toEqual({ first: 10, next: 25 });
      nowMs += HOUR_MS;
      await partition.retain();
      expect(partition.bounds()).toEqual({ first: 25, next: 25 });
      expect(await append(partition, 'z')).toBe(25);
      await partition.close();
      const { partition: again } = await openIt();
      expect(again.bounds()).toEqual({ first: 25, next: 26 });
      await again.close();
    });

    test('goes on at the first kept record when a reader was too slow', async () => {
      await filled(35);
      const { partition } = await openIt({ settings: { retentionMs: HOUR_MS * 1e6, retentionBytes: 500 } });
      const reading = partition.read(0, 100);
      await partition.retain();
      const run = await reading;
      expect([0, 30]).toContain(decodeFrames(Buffer.concat(run.chunks))[0]?.offset);
      await partition.close();
    });
  });

  test('sets times that never go back, even when the clock does', async () => {
    const { partition } = await openIt();
    await append(partition, 'a');
    nowMs -= HOUR_MS;
    await append(partition, 'b');
    const run = await partition.read(0, EVERYTHING);
    const [a, b] = decodeFrames(Buffer.concat(run.chunks));
    expect(b?.appendedAt).toBe(a?.appendedAt);
    await partition.close();
  });
});
