import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** How often the event loop is looked at: 20 times a second costs a tenth of a percent of a core. */
const resolutionMs = 50;
const percentiles = { p50: 50, p99: 99, max: 100 } as const;
const nsPerSecond = 1e9;

/** Adds what the process costs: event-loop delay, CPU time, memory. Read when asked; returns what stops the sampling. */
export function measureProcess(registry: Registry): () => void {
  const registers = [registry];
  new Counter({
    name: 'tidemark_process_cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  addGauge(registry, {
    name: 'tidemark_process_resident_memory_bytes',
    help: 'Resident set size.',
    read: process.memoryUsage.rss,
  });
  addGauge(registry, {
    name: 'tidemark_process_heap_used_bytes',
    help: 'Live and not yet collected objects of JavaScript.',
    read: () => process.memoryUsage().heapUsed,
  });
  const startedAt = Date.now() / 1000 - process.uptime();
  addGauge(registry, {
    name: 'tidemark_process_start_time_seconds',
    help: 'Start of the process, seconds since the epoch.',
    read: () => startedAt,
  });
  return measureEventLoop(registry);
}

function measureEventLoop(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  new Gauge({
    name: 'tidemark_event_loop_delay_seconds',
    help: 'How late the event loop was since the metrics were last read.',
    labelNames: ['statistic'],
    registers: [registry],
    collect() {
      for (const [statistic, percentile] of Object.entries(percentiles)) {
        this.set({ statistic }, latenessOf(delay.percentile(percentile)));
      }
      delay.reset();
    },
  });
  return () => void delay.disable();
}

// Node samples the time between two ticks of a timer, so the interval itself is in every sample.
const latenessOf = (sampleNs: number): number => Math.max(0, sampleNs / nsPerSecond - resolutionMs / 1000);

function addGauge(registry: Registry, { name, help, read }: { name: string; help: string; read: () => number }): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
