import type { SloDefinition } from '../../schemas/control/control-record.ts';
import type { Arena } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { type Alarm, createAlarm, readAlarm, writeAlarm } from './alarm.ts';
import { EventCounts } from './event-counts.ts';
import { ALARM_KINDS } from './slo-row.ts';

/** One SLO that is kept an eye on. */
export interface Watch {
  definition: SloDefinition;
  /** Of the events with its dimensions; undefined: those of the whole series. */
  counts: EventCounts | undefined;
  /** The minute it was judged at last, milliseconds; -Infinity: never. */
  judgedAt: number;
  /** In the order of {@link ALARM_KINDS}. */
  alarms: readonly Alarm[];
}

export function createWatch(definition: SloDefinition, { judgedAt, arena }: { judgedAt: number; arena: Arena }): Watch {
  const hasDimensions = Object.keys(definition.dimensions).length > 0;
  return {
    definition,
    counts: hasDimensions ? new EventCounts(arena) : undefined,
    judgedAt,
    alarms: ALARM_KINDS.map(createAlarm),
  };
}

/** Whether what was counted for one definition counts for the other too. */
export const isCountedAlike = (one: SloDefinition, other: SloDefinition): boolean =>
  dimensionsText(one) === dimensionsText(other);

const dimensionsText = ({ dimensions }: SloDefinition): string => JSON.stringify(Object.entries(dimensions).sort());

/** Whether an event with these dimensions is one of the SLO's. */
export function isMeant({ dimensions: asked }: SloDefinition, dimensions: Readonly<Record<string, string>>): boolean {
  return Object.entries(asked).every(([name, value]) => Object.hasOwn(dimensions, name) && dimensions[name] === value);
}

export function writeWatch({ definition, counts, judgedAt, alarms }: Watch, out: ByteBuffer): void {
  out.writeString(JSON.stringify(definition));
  out.writeFloat64(judgedAt);
  counts?.snapshot(out);
  for (const alarm of alarms) writeAlarm(alarm, out);
}

export function readWatch(input: ByteReader, arena: Arena): Watch {
  const watch = createWatch(JSON.parse(input.readString()), { judgedAt: input.readFloat64(), arena });
  if (watch.counts !== undefined) watch.counts = EventCounts.restore(input, arena);
  watch.alarms = ALARM_KINDS.map(() => readAlarm(input));
  return watch;
}
