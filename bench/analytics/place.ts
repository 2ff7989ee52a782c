/** Where the snapshot of the benchmark is. */
export const BENCH_PLACE = { group: 'bench', topic: 'bench', partition: 0 } as const;

/** What a process tells that restored it. */
export interface Restored {
  seconds: number;
  /** What the process grew by: at first, at rest afterwards. */
  restoredMib: number;
  liveMib: number;
  /** The most on the way. */
  mostMib: number;
}
