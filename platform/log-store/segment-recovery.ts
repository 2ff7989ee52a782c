import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, type Frame, headerAt } from './frame.ts';
import { readInto, type WalkEnd, walkFrames } from './frame-walk.ts';
import { Segment, type SegmentContent, type SegmentOptions, segmentName } from './segment.ts';
import { SegmentIndex } from './segment-index.ts';

/** What was found at the end of a log that was not closed cleanly. */
export type Recovery =
  | { kind: 'clean' }
  /** An unfinished sync was cut off: nothing that was acknowledged. */
  | { kind: 'truncated'; path: string; bytes: number }
  /** Synced records are damaged; they are kept as they are and what is appended goes to a new segment. */
  | { kind: 'damaged'; path: string; at: number; offset: number };

export interface RecoveredSegments {
  /** In order, the last one takes the appends. At least one. */
  segments: Segment[];
  recovery: Recovery;
}

/** Opens the segments of a partition directory. Only the last one is read, in whole; the cost does not grow with the log. */
export async function recoverSegments(options: Omit<SegmentOptions, 'base'>): Promise<RecoveredSegments> {
  const names = (await readdir(options.dir)).filter((name) => name.endsWith('.segment')).sort();
  const bases = names.map((name) => Number.parseInt(name, 10));
  const last = bases.at(-1);
  if (last === undefined) return { segments: [await createSegment(options, 0)], recovery: { kind: 'clean' } };
  const sealed = bases.slice(0, -1).map((base, index) => openSealed(options, { base, next: bases[index + 1] ?? last }));
  const { segments, recovery } = await recoverLast({ ...options, base: last });
  return { segments: [...(await Promise.all(sealed)), ...segments], recovery };
}

async function createSegment(options: Omit<SegmentOptions, 'base'>, base: number): Promise<Segment> {
  const segment = new Segment({ ...options, base });
  await segment.create();
  return segment;
}

async function openSealed(
  options: Omit<SegmentOptions, 'base'>,
  range: { base: number; next: number },
): Promise<Segment> {
  const { size, mtimeMs } = await stat(join(options.dir, segmentName(range.base)));
  const lastAppendedAt = Math.trunc(mtimeMs);
  const content = { size, next: range.next, firstAppendedAt: undefined, lastAppendedAt };
  return new Segment({ ...options, base: range.base }, content);
}

async function recoverLast(options: SegmentOptions): Promise<RecoveredSegments> {
  const path = join(options.dir, segmentName(options.base));
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const scan = await scanSegment(file, { size, base: options.base });
    const segment = new Segment(options, scan.content);
    if (scan.damaged) {
      const { at, offset } = scan.damaged;
      const active = await createSegment(options, scan.content.next);
      return { segments: [segment, active], recovery: { kind: 'damaged', path, at, offset } };
    }
    const bytes = size - scan.content.size;
    if (bytes > 0) await file.truncate(scan.content.size);
    await file.datasync(); // After kill -9 the tail may be in the page cache only: from here on it counts as durable.
    return { segments: [segment], recovery: bytes > 0 ? { kind: 'truncated', path, bytes } : { kind: 'clean' } };
  } finally {
    await file.close();
  }
}

interface Scan {
  content: SegmentContent;
  /** The first damaged frame, when a later one proves that it had been synced. */
  damaged: WalkEnd | undefined;
}

async function scanSegment(file: FileHandle, { size, base }: { size: number; base: number }): Promise<Scan> {
  const index = new SegmentIndex();
  const content: SegmentContent = { size: 0, next: base, firstAppendedAt: undefined, lastAppendedAt: 0, index };
  const visit = (frame: Frame, at: number) => {
    index.add(frame.offset, at);
    content.firstAppendedAt ??= frame.appendedAt;
    content.lastAppendedAt = frame.appendedAt;
    return true;
  };
  const end = await walkFrames(file, { from: 0, to: size, offset: base, isChecked: true, visit });
  content.size = end.at;
  content.next = end.offset;
  if (end.why !== 'bad') return { content, damaged: undefined };
  const beyond = await framesBeyond(file, { size, bad: end });
  if (beyond.syncFrom <= end.offset) return { content, damaged: undefined };
  return { content: { ...content, size, next: beyond.next }, damaged: end };
}

/**
 * What follows a bad frame, by the lengths in the headers (never by searching: values are the senders' bytes). A later frame
 * that belongs to a later sync proves that the bad one had been durable.
 */
async function framesBeyond(
  file: FileHandle,
  { size, bad }: { size: number; bad: WalkEnd },
): Promise<{ syncFrom: number; next: number }> {
  const beyond = { syncFrom: 0, next: bad.offset };
  let stop = bad;
  while (stop.why === 'bad') {
    const header = headerAt(
      await readInto(file, Buffer.alloc(FRAME_HEADER_BYTES), { at: stop.at, length: size - stop.at }),
      0,
    );
    if (typeof header === 'string' || header.offset !== stop.offset) return beyond;
    const visit = ({ syncFrom }: Frame) => {
      beyond.syncFrom = Math.max(beyond.syncFrom, syncFrom);
      return true;
    };
    const from = stop.at + header.end;
    stop = await walkFrames(file, { from, to: size, offset: stop.offset + 1, isChecked: true, visit });
    beyond.next = stop.offset;
  }
  return beyond;
}
