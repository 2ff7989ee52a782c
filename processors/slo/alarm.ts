import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';

/** What must have been well for so long ends an alarm, milliseconds: so what goes up and down around its threshold is one alarm. */
export const QUIET_MS = 600_000;
/** A burn alarm is well below this share of its threshold only. */
export const HYSTERESIS = 0.9;

/** Something that is wrong with an SLO, or is not. Times are milliseconds since the epoch; 0: not. */
export interface Alarm {
  /** Since when it is open. */
  startedAt: number;
  /** Since when all has been well again while it is open. */
  quietSince: number;
  /** Of what was told of it; 0: nothing. */
  revision: number;
  /** Maintenance that mutes it; empty: none. */
  mutedBy: string;
}

/** What the figures say at a minute. */
export interface Judgement {
  at: number;
  /** Whether an alarm begins. */
  isBad: boolean;
  /** Whether one that is open stays so. */
  isStillBad: boolean;
  mutedBy: string;
}

/** What is to be told of an alarm. */
export type AlarmChange = 'open' | 'resolved' | undefined;

export const createAlarm = (): Alarm => ({ startedAt: 0, quietSince: 0, revision: 0, mutedBy: '' });

export const isOpen = ({ revision }: Alarm): boolean => revision > 0;

/** Moves the alarm on; it is to be told when it opens, when another maintenance mutes it or none does any more, and when it ends. */
export function judgeAlarm(alarm: Alarm, judgement: Judgement): AlarmChange {
  const { at, isBad, isStillBad, mutedBy } = judgement;
  if (!isOpen(alarm)) return isBad ? openAlarm(alarm, judgement) : undefined;
  if (isStillBad) alarm.quietSince = 0;
  else if (alarm.quietSince === 0) alarm.quietSince = at;
  if (alarm.quietSince !== 0 && at - alarm.quietSince >= QUIET_MS) return 'resolved';
  if (alarm.mutedBy === mutedBy) return undefined;
  alarm.mutedBy = mutedBy;
  alarm.revision += 1;
  return 'open';
}

function openAlarm(alarm: Alarm, { at, mutedBy }: Judgement): AlarmChange {
  alarm.startedAt = at;
  alarm.quietSince = 0;
  alarm.mutedBy = mutedBy;
  alarm.revision = 1;
  return 'open';
}

/** After its end was told. */
export function closeAlarm(alarm: Alarm): void {
  Object.assign(alarm, createAlarm());
}

export function writeAlarm({ startedAt, quietSince, revision, mutedBy }: Alarm, out: ByteBuffer): void {
  out.writeVaruint(revision);
  if (revision === 0) return;
  out.writeFloat64(startedAt);
  out.writeFloat64(quietSince);
  out.writeString(mutedBy);
}

export function readAlarm(input: ByteReader): Alarm {
  const revision = input.readVaruint();
  if (revision === 0) return createAlarm();
  return { revision, startedAt: input.readFloat64(), quietSince: input.readFloat64(), mutedBy: input.readString() };
}
