/** Counts since the start of the process. */
export interface WorkerStats {
  rows: number;
  inserts: number;
  retries: number;
  duplicates: number;
  poison: number;
  /** Late events of each partition worked on here, since its first record: kept with its progress, so no restart or repetition changes it. */
  late: Map<string, { topic: string; partition: number; count: number }>;
}

/** Nothing counted yet. */
export function createWorkerStats(): WorkerStats {
  return { rows: 0, inserts: 0, retries: 0, duplicates: 0, poison: 0, late: new Map() };
}
