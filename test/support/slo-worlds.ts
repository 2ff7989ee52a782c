import fc from 'fast-check';
import { seriesOf } from '../../processors/analytics/series.ts';
import type { FoldContext } from '../../processors/analytics/stateful-processor.ts';
import { Arena } from '../../processors/memory/arena.ts';
import { ByteBuffer } from '../../processors/native/byte-buffer.ts';
import type { Measurement } from '../../processors/processor.ts';
import { slo } from '../../processors/slo/slo.ts';
import type { SloRow } from '../../processors/slo/slo-row.ts';
import type { SloState } from '../../processors/slo/slo-state.ts';
import { ByteReader } from '../../processors/snapshots/byte-reader.ts';
import type { MaintenancePeriod, SloDefinition, TenantSettings } from '../../schemas/control/control-record.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** An SLO over P2P CycleTime: what is not given is ordinary. */
export function createSlo(given: Partial<SloDefinition> = {}): SloDefinition {
  return {
    ...{ id: 'cycle', subjectKind: 'capability', subject: 'P2P', metric: 'CycleTime', dimensions: {}, objective: 0.9 },
    ...{ windowDays: 30, calendar: 'none', timeZone: 'UTC', minEvents: 1 },
    ...given,
  };
}

export function createMaintenance(from: number, to: number, given: Partial<MaintenancePeriod> = {}): MaintenancePeriod {
  return { id: '1', subjects: ['P2P'], from, to, excludeFromSla: true, suppressAlerts: false, ...given };
}

export function createSettings(revision: number, given: Partial<TenantSettings> = {}): TenantSettings {
  return { revision, slos: [], flows: [], maintenance: [], ...given };
}

export interface WorldEvent {
  at: number;
  isBad: boolean;
  urgency: string;
}

/** One series through the processor, as the fold would lead it. */
export class SloWorld {
  readonly rows: SloRow[] = [];
  readonly events: WorldEvent[] = [];
  state: SloState | undefined;
  arena: Arena = new Arena();
  context: FoldContext;

  constructor(start: number, settings: TenantSettings) {
    this.context = { watermark: start, clock: start, settings };
  }

  feed(events: readonly WorldEvent[]): void {
    for (const event of events) {
      const measurement = toMeasurement(event);
      this.state ??= slo.init(seriesOf(measurement), this.arena);
      this.rows.push(...slo.onMeasurement(this.state, measurement, this.context));
      this.events.push(event);
    }
  }

  /** The time is told, or settings. */
  tell(change: Partial<FoldContext>): void {
    this.context = { ...this.context, ...change };
    if (this.state !== undefined) this.rows.push(...(slo.onTime?.(this.state, this.context) ?? []));
  }

  bytes(): Uint8Array {
    const out = new ByteBuffer();
    if (this.state !== undefined) slo.snapshot(this.state, out);
    return out.written.slice();
  }

  /** What a restart does. */
  restart(): void {
    const { state } = this;
    if (state === undefined) return;
    const bytes = this.bytes();
    this.arena = new Arena();
    this.state = slo.restore(new ByteReader(bytes), state.series, this.arena);
  }
}

function toMeasurement({ at, isBad, urgency }: WorldEvent): Measurement {
  return {
    ...{ tenant: 'org_acme', subjectKind: 'capability', subject: 'P2P', metric: 'CycleTime', at },
    ...{ value: isBad ? 2 : 1, slaTarget: 1, dimensions: { urgency }, unrolled: [], correlationId: '' },
    ...{ eventId: '', hasClientId: false, receivedAt: at, retentionDays: 400, partition: 0, offset: 0, index: 0 },
  };
}

/** What happens next in a world: time passes, events come (minutes before the new time), maintenance is told of (minutes before it). */
export interface Step {
  minutes: number;
  events: { ago: number; isBad: boolean; urgency: string }[];
  maintenance: { ago: number; minutes: number } | undefined;
}

const graceMinutes = 59;
/** Maintenance is exact to the minute when it is told of within a week. */
const knownMinutes = 6 * 24 * 60;

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    minutes: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 7 }) },
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 90 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 4_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 8_000, max: 14_000 }) },
    ),
    events: fc.array(
      fc.record({
        ago: fc.double({ min: -9, max: graceMinutes, noNaN: true }),
        isBad: fc.boolean(),
        urgency: fc.constantFrom('high', 'low'),
      }),
      { maxLength: 6, size: 'max' },
    ),
    maintenance: fc.option(
      fc.record({
        ago: fc.double({ min: -120, max: knownMinutes, noNaN: true }),
        minutes: fc.integer({ min: 1, max: 2_000 }),
      }),
      { nil: undefined, freq: 3 },
    ),
  }),
  { minLength: 5, maxLength: 40, size: 'max' },
);

/** Lives through the steps; `seen` is called after each. */
export function live(world: SloWorld, list: readonly Step[], seen: (world: SloWorld, step: number) => void = () => {}) {
  let { clock, settings } = world.context;
  for (const [number, { minutes, events, maintenance }] of list.entries()) {
    const before = clock;
    clock += minutes * minute;
    const from = Math.floor(clock - (maintenance?.ago ?? 0) * minute);
    if (maintenance !== undefined) {
      const period = createMaintenance(from, from + maintenance.minutes * minute, { id: String(number) });
      const { revision, ...others } = settings;
      settings = createSettings(revision + 1, { ...others, maintenance: [...settings.maintenance, period] });
      world.tell({ settings });
    }
    world.feed(
      events.map(({ ago, ...rest }) => ({
        ...rest,
        at: Math.max(Math.floor(clock - ago * minute), before - graceMinutes * minute),
      })),
    );
    world.tell({ watermark: clock, clock });
    seen(world, number);
  }
}
