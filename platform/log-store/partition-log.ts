import type { Growth } from './growth.ts';

/** Whole, checked frames in offset order, in one or several pieces. */
export interface FrameRun {
  chunks: Buffer[];
  valueBytes: number;
  /** The offset after the last frame of the run. */
  end: number;
}

/** What the log needs from the storage of one partition: segment files, or memory in the twin. */
export interface PartitionLog {
  /** Value bytes appended since it was opened. */
  readonly growth: Growth;
  /** Stores laid-out frames (completing them in place) and resolves with the first offset when they are durable. */
  append(frames: Buffer, count: number): Promise<number>;
  /** Durable frames from an offset within the bounds, up to `maxBytes` of values; one larger record comes alone. */
  read(from: number, maxBytes: number): Promise<FrameRun>;
  bounds(): { first: number; next: number };
}
