import { Counter, Histogram, type Registry } from 'prom-client';
import type { AuditStats } from './jobs/audit.ts';
import type { RangeRows, RowSink } from './sink.ts';
import type { WorkerStats } from './worker-stats.ts';

export interface ProcessorMetrics {
  latency: Histogram;
  insertRows: Histogram;
  insertDuration: Histogram<'operation' | 'result'>;
  deadLetters: Counter<'reason'>;
}

const latencyBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1_800, 7_200];
const insertBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const rowBuckets = [1, 10, 100, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000];

/** What the processors measure. Everything is observed once a record or an insert, never once an event. */
export function createProcessorMetrics(registry: Registry): ProcessorMetrics {
  const registers = [registry];
  return {
    latency: new Histogram({
      name: 'tidemark_end_to_end_latency_seconds',
      help: 'From the receipt of a request by the ingest tier until its events can be queried; one observation a request.',
      buckets: latencyBuckets,
      registers,
    }),
    insertRows: new Histogram({
      name: 'tidemark_insert_rows',
      help: 'Raw rows of a stored range; its sum is the number of events stored.',
      buckets: rowBuckets,
      registers,
    }),
    insertDuration: new Histogram({
      name: 'tidemark_insert_duration_seconds',
      help: 'Time of an attempt to store a range, views included; reconcile is what follows an attempt of unknown outcome.',
      labelNames: ['operation', 'result'],
      buckets: insertBuckets,
      registers,
    }),
    deadLetters: new Counter({
      name: 'tidemark_dead_letters_total',
      help: 'Records that could not be read and were set aside.',
      labelNames: ['reason'],
      registers,
    }),
  };
}

/** The same sink, its writes measured. `now` in milliseconds since the epoch. */
export function measureSink(sink: RowSink, metrics: ProcessorMetrics, now: () => number = Date.now): RowSink {
  const attempt = async (
    operation: 'insert' | 'reconcile',
    range: RangeRows,
    work: () => Promise<void>,
  ): Promise<void> => {
    const startedAt = performance.now();
    const end = (result: 'stored' | 'failed') =>
      metrics.insertDuration.observe({ operation, result }, (performance.now() - startedAt) / 1000);
    try {
      await work();
    } catch (error) {
      end('failed');
      throw error;
    }
    end('stored');
    metrics.insertRows.observe(range.rows);
    const storedAt = now();
    // The clocks of two machines may differ by more than a fast insert takes.
    for (const at of range.receivedAt) metrics.latency.observe(Math.max(0, storedAt - at) / 1000);
  };
  return {
    insert: (range) => attempt('insert', range, () => sink.insert(range)),
    reconcile: (range, confirm) => attempt('reconcile', range, () => sink.reconcile(range, confirm)),
    findEarlierIds: (...question) => sink.findEarlierIds(...question),
    findEarlierTotals: (...question) => sink.findEarlierTotals(...question),
  };
}

/** Shows the counts of the runner, read when they are asked for. */
export function exportStats(registry: Registry, stats: Readonly<WorkerStats>): void {
  const exported = [
    ['tidemark_inserts_total', 'Ranges of the log that were stored.', () => stats.inserts],
    ['tidemark_store_retries_total', 'Failed attempts to write to a store, each tried again.', () => stats.retries],
    [
      'tidemark_client_duplicates_total',
      'Events that were not stored because their id had been seen within 24 hours.',
      () => stats.duplicates,
    ],
  ] as const;
  exportCounts(registry, exported);
  exportLateEvents(registry, stats);
}

function exportLateEvents(registry: Registry, { late }: Readonly<WorkerStats>): void {
  new Counter({
    name: 'tidemark_late_events_total',
    help: 'Events stored though they lay more than the grace behind the watermark of their partition; counted from its first record on, by whoever owns it.',
    labelNames: ['topic', 'partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { topic, partition, count } of late.values()) this.inc({ topic, partition }, count);
    },
  });
}

/** Shows what the audits found. */
export function exportAudits(registry: Registry, stats: Readonly<AuditStats>): void {
  exportCounts(registry, [
    ['tidemark_audits_total', 'Audits of the rollups that were begun.', () => stats.runs],
    ['tidemark_audit_failures_total', 'Audits that could not be done.', () => stats.failures],
    ['tidemark_audit_wrong_cells_total', 'Rollup cells that differed from their source.', () => stats.wrongCells],
    ['tidemark_audit_unsettled_cells_total', 'Cells not judged: they were written to.', () => stats.unsettledCells],
  ]);
}

type ExportedCount = readonly [name: string, help: string, read: () => number];

function exportCounts(registry: Registry, exported: readonly ExportedCount[]): void {
  for (const [name, help, read] of exported) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
