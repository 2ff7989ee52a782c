import { createRandom } from '../../bench/support/random.ts';
import type { Verdict } from '../../platform/detection/detector.ts';
import type { Episode } from '../../platform/detection/episode.ts';
import { seriesOf } from '../../processors/analytics/series.ts';
import type { FoldContext } from '../../processors/analytics/stateful-processor.ts';
import { type AnomalyOptions, createAnomalies } from '../../processors/anomalies/anomalies.ts';
import type { MinuteSeries } from '../../processors/anomalies/minute-series.ts';
import { Arena } from '../../processors/memory/arena.ts';
import { ByteBuffer } from '../../processors/native/byte-buffer.ts';
import type { Measurement } from '../../processors/processor.ts';
import { ByteReader } from '../../processors/snapshots/byte-reader.ts';
import { type MaintenancePeriod, NO_SETTINGS } from '../../schemas/control/control-record.ts';

export const minuteMs = 60_000;
export const hourMs: number = 60 * minuteMs;
export const dayMs: number = 24 * hourMs;
/** A Monday at midnight. */
export const monday: number = Date.UTC(2026, 0, 5);

const base: Measurement = {
  ...{ tenant: 'org_acme', subjectKind: 'service', subject: 'checkout', metric: 'latency', at: 0, value: 0 },
  ...{ slaTarget: null, dimensions: {}, unrolled: [], correlationId: '', eventId: '', hasClientId: false },
  ...{ receivedAt: 0, retentionDays: 90, partition: 0, offset: 0, index: 0 },
};

/** One series through the processor, with what a partition does around it: a record a point, and time that passes. */
export interface FoldedSeries {
  /** Of all anomalies, in the order told. */
  told: Episode[];
  verdicts: (Verdict & { at: number })[];
  state: MinuteSeries;
  context: FoldContext;
  /** One point, received a second after it happened or at the time given. */
  add(at: number, value: number, receivedAt?: number): void;
  /** A value a minute from one time to another, a second after the full minute. */
  run(from: number, to: number, valueAt: (at: number) => number): void;
  /** Time passes without events. */
  tick(clock: number): void;
  maintain(period: Partial<MaintenancePeriod>): void;
  /** Through a snapshot and back; returns its bytes. */
  restart(): Uint8Array;
}

export function foldSeries(named: Partial<Measurement> = {}, options: AnomalyOptions = {}): FoldedSeries {
  const verdicts: FoldedSeries['verdicts'] = [];
  const onVerdict = (at: number, verdict: Verdict) => void verdicts.push({ at, ...verdict });
  const processor = createAnomalies({ ...options, onVerdict });
  const context = { watermark: Number.NEGATIVE_INFINITY, clock: Number.NEGATIVE_INFINITY, settings: NO_SETTINGS };
  const series = seriesOf({ ...base, ...named });
  const arena = new Arena();
  const folded: FoldedSeries = {
    told: [],
    verdicts,
    state: processor.init(series, arena),
    context,
    add(at, value, receivedAt = at + 1_000) {
      take(processor.onMeasurement(folded.state, { ...base, ...named, at, value, receivedAt }, context));
      context.watermark = Math.max(context.watermark, Math.min(at, receivedAt));
      passTo(Math.max(context.clock, context.watermark));
    },
    run(from, to, valueAt) {
      for (let at = from; at < to; at += minuteMs) folded.add(at + 1_000, valueAt(at));
    },
    tick: passTo,
    maintain(period) {
      const always = { id: '812', subjects: ['checkout'], from: 0, to: 0, excludeFromSla: false, suppressAlerts: true };
      context.settings = { ...context.settings, maintenance: [{ ...always, ...period }] };
    },
    restart() {
      const out = new ByteBuffer();
      processor.snapshot(folded.state, out);
      const bytes = out.written.slice();
      folded.state = processor.restore(new ByteReader(bytes), series, arena);
      return bytes;
    },
  };
  const take = (rows: readonly { episode: Episode }[]) =>
    folded.told.push(...rows.map(({ episode }) => ({ ...episode })));
  let told = Number.NEGATIVE_INFINITY;
  function passTo(clock: number): void {
    context.clock = clock;
    if (Math.floor(clock / minuteMs) === told) return;
    told = Math.floor(clock / minuteMs);
    take(processor.onTime?.(folded.state, context) ?? []);
  }
  return folded;
}

/** A value of normal noise around 100. */
export function noisy(...seed: (string | number)[]): () => number {
  const random = createRandom('anomaly-series', ...seed);
  return () => 100 + 3 * random.normal();
}
