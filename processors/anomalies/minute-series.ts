import { closeMinute, isCountedMetric, type Look, MINUTE_MS, mayStop } from '../../platform/detection/close-minute.ts';
import { createDetector } from '../../platform/detection/detector.ts';
import { STATE_BYTES, type StateMemory } from '../../platform/detection/detector-state.ts';
import { createWatch, peekPoint, type SeriesWatch } from '../../platform/detection/series-watch.ts';
import type { MaintenancePeriod } from '../../schemas/control/control-record.ts';
import type { Series } from '../analytics/series.ts';
import { type Arena, offsetOf } from '../memory/arena.ts';
import type { Measurement } from '../processor.ts';

/** What was received this long after it happened is history: its minute is judged when it is over. */
export const LIVE_MS: number = 10 * MINUTE_MS;
/** Share of the usual number of points with which a minute is judged before it is over. */
const peekShare = 0.9;
const countMemory = 50;
/** Farther from zero counts as this far, so that sums stay finite. */
const maxMagnitude = 1e15;
/** Shared, because there are many series. */
const noMinutes: readonly OpenMinute[] = [];

/** A minute that is not over. */
export interface OpenMinute {
  /** Since the epoch. */
  minute: number;
  count: number;
  sum: number;
  /** Number of points with which it is judged next. */
  peekAt: number;
  /** When the last point was received; 0: it is history. */
  receivedAt: number;
}

/** What is known of one series. */
export interface MinuteSeries {
  readonly series: Series;
  /** In the arena, of the memory of the detector. */
  readonly address: number;
  readonly isCounted: boolean;
  readonly mayStop: boolean;
  retentionDays: number;
  /** Points in a minute with data, on average. */
  usualCount: number;
  /** In order of time. */
  open: readonly OpenMinute[];
  watch: SeriesWatch;
  /** It has been silent for so long that nothing of it is to be kept. */
  isSpent: boolean;
}

/** The address of memory for the detector of one series. */
export const takeMemory = (arena: Arena): number => arena.take(STATE_BYTES);

export function memoryAt(arena: Arena, address: number): StateMemory {
  return { buffer: arena.chunkOf(address).bytes.buffer, byteOffset: offsetOf(address) };
}

/** A series that nothing is known of. */
export function beginSeries(series: Series, arena: Arena): MinuteSeries {
  const address = takeMemory(arena);
  return createMinuteSeries(series, { address, watch: createWatch(createDetector(memoryAt(arena, address))) });
}

/** Gives the memory of the arena back. */
export function releaseSeries({ address }: MinuteSeries, arena: Arena): void {
  arena.give(address, STATE_BYTES);
}

export function createMinuteSeries(
  series: Series,
  { address, watch }: Pick<MinuteSeries, 'address' | 'watch'>,
): MinuteSeries {
  const { subjectKind, metric } = series;
  return {
    series,
    address,
    isCounted: isCountedMetric(subjectKind, metric),
    mayStop: mayStop(subjectKind, metric),
    retentionDays: 0,
    usualCount: 0,
    open: noMinutes,
    watch,
    isSpent: false,
  };
}

/** Takes a measurement into its minute. Undefined when that minute was judged already. */
export function addToMinute(series: MinuteSeries, { at, value, receivedAt }: Measurement): OpenMinute | undefined {
  const minute = Math.floor(at / MINUTE_MS);
  if (minute * MINUTE_MS <= series.watch.closedAt) return undefined;
  const open = openMinute(series, minute);
  open.count += 1;
  open.sum += Math.max(-maxMagnitude, Math.min(maxMagnitude, value));
  open.receivedAt = receivedAt - at <= LIVE_MS ? receivedAt : 0;
  return open;
}

function openMinute(series: MinuteSeries, minute: number): OpenMinute {
  const { open, usualCount } = series;
  let index = open.length;
  while (index > 0 && (open[index - 1] as OpenMinute).minute > minute) index -= 1;
  const known = open[index - 1];
  if (known?.minute === minute) return known;
  const fresh = { minute, count: 0, sum: 0, peekAt: Math.max(1, Math.ceil(peekShare * usualCount)), receivedAt: 0 };
  series.open = [...open.slice(0, index), fresh, ...open.slice(index)];
  return fresh;
}

/** Judges the oldest minute that is not over, once it has as many points as usual, and then whenever they have doubled. */
export function peekMinute(series: MinuteSeries, { terms, mutingAt }: Look): void {
  const [open] = series.open;
  if (open === undefined || open.count < open.peekAt || open.receivedAt === 0) return;
  open.peekAt = 2 * open.count;
  const at = open.minute * MINUTE_MS;
  terms.detectedAt = open.receivedAt;
  terms.mutedBy = mutingAt(at);
  peekPoint(series.watch, { at, value: valueOfMinute(series, open) }, terms);
}

/** Judges and learns the minutes before one, in order. */
export function closeMinutes(series: MinuteSeries, before: number, look: Look): void {
  let closed = 0;
  for (const open of series.open) {
    if (open.minute >= before) break;
    closeMinute(series.watch, { at: open.minute * MINUTE_MS, value: valueOfMinute(series, open) }, look);
    const memory = Math.min(series.watch.detector.points, countMemory) || 1;
    series.usualCount += (open.count - series.usualCount) / memory;
    closed += 1;
  }
  series.open = closed === series.open.length ? noMinutes : series.open.slice(closed);
}

function valueOfMinute({ isCounted }: MinuteSeries, { count, sum }: OpenMinute): number {
  return isCounted ? count : sum / count;
}

/** Id of the maintenance of a subject at a time; empty: none. */
export function muting(subject: string, maintenance: readonly MaintenancePeriod[], at: number): string {
  if (maintenance.length === 0) return '';
  const found = maintenance.find(
    ({ subjects, from, to, suppressAlerts, excludeFromSla }) =>
      at >= from && at < to && (suppressAlerts || excludeFromSla) && subjects.includes(subject),
  );
  return found?.id ?? '';
}
