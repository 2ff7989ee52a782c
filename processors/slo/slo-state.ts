import type { TenantSettings } from '../../schemas/control/control-record.ts';
import { sloWindowAt } from '../../schemas/slo/slo-window.ts';
import { withoutSpans } from '../../schemas/spans.ts';
import type { Series } from '../analytics/series.ts';
import type { Arena } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { EventCounts, HOUR_MS, MINUTE_MS } from './event-counts.ts';
import { judge, removeAlarms } from './judge.ts';
import { indexOf } from './settings-index.ts';
import type { SloRow } from './slo-row.ts';
import { statusAt } from './slo-status.ts';
import { createWatch, isCountedAlike, readWatch, type Watch, writeWatch } from './watch.ts';

/** How long a series with an SLO keeps its minutes: so long exactly to the minute can maintenance be told of afterwards. */
export const WATCHED_MINUTE_HOURS = 7 * 24;
/** Of a series without one: as long as late events come, and as burn rates look back. */
export const UNWATCHED_MINUTE_HOURS = 1;
/** The longest window, and the hours by which it may be longer than its days. */
export const WATCHED_HOURS = 367 * 24;
/** What an SLO that is defined tomorrow finds counted, at least. */
export const UNWATCHED_HOURS = 35 * 24;

/** What is known of one series whose events have targets. Milliseconds since the epoch. */
export interface SloState {
  readonly series: Series;
  /** Where counts are. */
  readonly arena: Arena;
  retentionDays: number;
  counts: EventCounts;
  /** By the id of the SLO. Replaced, never changed: series without one share theirs. */
  watches: ReadonlyMap<string, Watch>;
  /** The hour the counts were tidied in; whole hours since the epoch. */
  tidiedIn: number;
  /** What `watches` follow from; undefined: not known yet. */
  settings: TenantSettings | undefined;
}

const noWatches: ReadonlyMap<string, Watch> = new Map();

export function createSloState(series: Series, arena: Arena): SloState {
  return {
    series,
    arena,
    retentionDays: 0,
    counts: new EventCounts(arena),
    watches: noWatches,
    tidiedIn: Number.NEGATIVE_INFINITY,
    settings: undefined,
  };
}

export const isEmptyState = ({ counts, watches }: SloState): boolean =>
  counts.isEmpty && [...watches.values()].every(({ alarms }) => alarms.every(({ revision }) => revision === 0));

/** Gives the memory of the arena back. */
export function releaseSlo({ counts, watches }: SloState): void {
  counts.release();
  for (const watch of watches.values()) watch.counts?.release();
}

/** Takes over what is set from now on. `judgedAt`: of SLOs that are new. Undefined when nothing changed. */
export function follow(
  state: SloState,
  settings: TenantSettings,
  { at, judgedAt }: { at: number; judgedAt: number },
): SloRow[] | undefined {
  state.settings = settings;
  const definitions = indexOf(settings).slosOf(state.series.name);
  if (definitions.length === 0 && state.watches.size === 0) return undefined;
  const watches = new Map<string, Watch>();
  const rows: SloRow[] = [];
  for (const definition of definitions) {
    const watch = state.watches.get(definition.id);
    const isKept = watch !== undefined && isCountedAlike(watch.definition, definition);
    if (isKept) watch.definition = definition;
    watches.set(definition.id, isKept ? watch : createWatch(definition, { judgedAt, arena: state.arena }));
  }
  for (const [id, watch] of state.watches) {
    if (watches.get(id) === watch) continue;
    rows.push(...removeAlarms(watch, { ...namesIn(state), at }));
    watch.counts?.release();
  }
  state.watches = watches;
  return rows;
}

/** Forgets what is too old, once an hour. Returns whether it did: where nothing was too old, the state says so too. */
export function tidy(state: SloState, at: number): boolean {
  const hour = Math.floor(at / HOUR_MS);
  if (hour <= state.tidiedIn) return false;
  state.tidiedIn = hour;
  const isWatched = state.watches.size > 0;
  const keeping = {
    hour,
    minuteHours: isWatched ? WATCHED_MINUTE_HOURS : UNWATCHED_MINUTE_HOURS,
    hours: isWatched ? WATCHED_HOURS : UNWATCHED_HOURS,
    cutHours: cutHours(state, at),
  };
  state.counts.tidy(keeping);
  for (const { counts } of state.watches.values()) counts?.tidy(keeping);
  return true;
}

/** Judges every SLO of the series at the full minute, and at each before it, since the last, with which events came. */
export function judgeAll(state: SloState, at: number): SloRow[] {
  const rows: SloRow[] = [];
  for (const watch of state.watches.values()) {
    for (const minute of minutesToJudge(watch.counts ?? state.counts, watch.judgedAt, at)) {
      rows.push(...judgeOne(state, watch, minute));
    }
    watch.judgedAt = Math.max(watch.judgedAt, at);
  }
  return rows;
}

export function writeSloState(state: SloState, out: ByteBuffer): void {
  out.writeVaruint(state.retentionDays);
  out.writeFloat64(state.tidiedIn);
  state.counts.snapshot(out);
  out.writeVaruint(state.watches.size);
  for (const watch of state.watches.values()) writeWatch(watch, out);
}

export function readSloState(input: ByteReader, series: Series, arena: Arena): SloState {
  const state = createSloState(series, arena);
  state.retentionDays = input.readVaruint();
  state.tidiedIn = input.readFloat64();
  state.counts = EventCounts.restore(input, arena);
  const watches = Array.from({ length: input.readVaruint() }, () => readWatch(input, arena));
  if (watches.length > 0) state.watches = new Map(watches.map((watch) => [watch.definition.id, watch]));
  return state;
}

function minutesToJudge(counts: EventCounts, judgedAt: number, at: number): number[] {
  if (at <= judgedAt) return [];
  const between = counts.minutesIn({ from: judgedAt, to: at - MINUTE_MS });
  return [...between.map((minute) => minute + MINUTE_MS), at];
}

function judgeOne(state: SloState, watch: Watch, at: number): SloRow[] {
  const { definition, counts = state.counts } = watch;
  const index = state.settings && indexOf(state.settings);
  const excluded = index?.excludedOf(state.series.subject) ?? [];
  const mutedBy = index?.mutingOf(state.series.subject, at) ?? '';
  return judge(watch, statusAt({ definition, counts, excluded, at }), { ...namesIn(state), mutedBy });
}

/** Hours in which a window of now or a maintenance begins or ends: their minutes are needed as long as they count. */
function cutHours({ watches, settings, series }: SloState, at: number): Set<number> {
  if (watches.size === 0 || settings === undefined) return new Set();
  const kept = { from: at - WATCHED_HOURS * HOUR_MS, to: at };
  // What is left around maintenance begins and ends where it does.
  const edges = withoutSpans(kept, indexOf(settings).excludedOf(series.subject)).flatMap(({ from, to }) => [from, to]);
  for (const { definition } of watches.values()) edges.push(sloWindowAt(definition, at).from);
  return new Set(edges.filter((edge) => edge % HOUR_MS !== 0).map((edge) => Math.floor(edge / HOUR_MS)));
}

const namesIn = ({ series: { tenant, partition }, retentionDays }: SloState) => ({ tenant, partition, retentionDays });
