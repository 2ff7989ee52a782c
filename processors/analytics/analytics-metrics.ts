import { Counter, Gauge, type Registry } from 'prom-client';
import type { AnalyticsWorker } from './analytics-worker.ts';
import type { Analytics } from './runner.ts';

type Reading = readonly [name: string, help: string, read: (worker: AnalyticsWorker) => number];

const counts: readonly Reading[] = [
  [
    'tidemark_analytics_measurements_total',
    'Measurements folded by the stateful processors, those that a restart repeats included.',
    ({ foldStats }) => foldStats.measurements,
  ],
  [
    'tidemark_analytics_late_events_total',
    'Events left out of windows because they lay more than the grace behind the watermark of their tenant; counted from the first record on.',
    ({ late }) => late,
  ],
  [
    'tidemark_analytics_client_duplicates_total',
    'Events left out because their id had been seen within 24 hours.',
    ({ foldStats }) => foldStats.duplicates,
  ],
  [
    'tidemark_analytics_refused_measurements_total',
    'Measurements left out because their tenant has as many states of a processor as it may, such as cases.',
    ({ foldStats }) => foldStats.refused,
  ],
  ['tidemark_analytics_rows_total', 'Rows of stateful processors that were stored.', ({ stats }) => stats.rows],
  [
    'tidemark_analytics_store_retries_total',
    'Failed attempts to store, each tried again.',
    ({ stats }) => stats.retries,
  ],
  ['tidemark_analytics_snapshots_total', 'Snapshots that were stored.', ({ stats }) => stats.snapshots],
];

const levels = (now: () => number): readonly Reading[] => [
  [
    'tidemark_analytics_snapshot_age_seconds',
    'Since the last snapshot while records wait for one, else 0.',
    (worker) => (worker.hasUnsaved ? Math.max(0, now() - worker.stats.snapshotAt) / 1000 : 0),
  ],
  ['tidemark_analytics_snapshot_bytes', 'What the last snapshot wrote.', ({ stats }) => stats.snapshotBytes],
  ['tidemark_analytics_snapshot_seconds', 'What the last snapshot took.', ({ stats }) => stats.snapshotMs / 1000],
];

/** Shows what the workers do, by topic and partition, read when it is asked for. `now` in milliseconds. */
export function exportAnalytics(
  registry: Registry,
  { workers }: Pick<Analytics, 'workers'>,
  now: () => number = Date.now,
): void {
  const registers = [registry];
  const labelNames = ['topic', 'partition'];
  for (const [name, help, read] of counts) {
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const worker of workers.values()) this.inc(worker.where, read(worker));
      },
    });
  }
  for (const [name, help, read] of levels(now)) {
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset();
        for (const worker of workers.values()) this.set(worker.where, read(worker));
      },
    });
  }
}
