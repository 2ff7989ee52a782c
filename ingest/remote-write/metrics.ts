import { Counter, type Registry } from 'prom-client';
import type { RefusedReason } from './accept-write.ts';

/** Why samples are not written that are none, or of a kind that is not kept. */
export type LeftOutReason = 'stale_marker' | 'not_finite' | 'exemplar';

export interface RemoteWriteMetrics {
  /** Counts samples, histograms or exemplars of answered requests that were not written. */
  count(reason: RefusedReason | LeftOutReason, items: number): void;
}

export function createRemoteWriteMetrics(registry: Registry): RemoteWriteMetrics {
  const counter = new Counter({
    name: 'tidemark_remote_write_left_out_total',
    help: 'Samples, histograms and exemplars of remote-write requests that were not written, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  return {
    count(reason, items) {
      if (items > 0) counter.inc({ reason }, items);
    },
  };
}
