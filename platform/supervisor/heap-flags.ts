/** How the memory of a tier's objects is sized. */
export interface HeapOptions {
  /** Space for young objects in MiB, times three: more costs memory, less costs CPU time where much lives as long as a request. Default 8. */
  youngMiB?: number;
  /**
   * How far the old objects may outgrow those that were alive after the last full collection before the next one. Absent: as V8 sees fit,
   * up to four times; less gives memory back sooner and costs collections.
   */
  growthPercent?: number;
}

const defaultYoungMiB = 8;

/**
 * What suits each tier. The query API answers from databases: parts of its requests outlive their youth waiting for them, and then fill the
 * memory until a full collection. It has few objects that stay, so collecting more often costs little. Ingest and processors work through large
 * buffers that die young; left alone, V8 takes a heap that has rested for one that should stay small, and collects it in full several times a
 * second for as long as a load lasts.
 */
export const TIER_HEAPS = {
  ingest: { youngMiB: 32, growthPercent: 200 },
  queryApi: { growthPercent: 40 },
  processors: { growthPercent: 200 },
} as const satisfies Record<string, HeapOptions>;

/** The flags of Node that make it so. */
export function heapFlags({ youngMiB = defaultYoungMiB, growthPercent }: HeapOptions = {}): string[] {
  const young = `--max-semi-space-size=${youngMiB}`;
  return growthPercent === undefined ? [young] : [young, `--heap-growing-percent=${growthPercent}`];
}
