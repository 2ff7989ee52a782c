import type { SloDefinition } from '../../schemas/control/control-record.ts';
import { type Alarm, closeAlarm, HYSTERESIS, isOpen, type Judgement, judgeAlarm } from './alarm.ts';
import { ALARM_KINDS, type AlarmKind, type SloRow } from './slo-row.ts';
import type { SloStatus } from './slo-status.ts';
import type { Watch } from './watch.ts';

/** What rows say beside the alarm itself. */
export type RowNames = Pick<SloRow, 'tenant' | 'partition' | 'retentionDays'>;

/** Moves the alarms of an SLO on; tells those that changed. */
export function judge(
  { definition, alarms }: Watch,
  status: SloStatus,
  { mutedBy, ...names }: RowNames & { mutedBy: string },
): SloRow[] {
  const judgements = judgementsOf(definition, status, mutedBy);
  return alarms.flatMap((alarm, index) => {
    const judgement = judgements[index];
    const change = judgement && judgeAlarm(alarm, judgement);
    if (change === undefined) return [];
    const figures = { ...names, definition, ...figuresOf(status, index) };
    return [change === 'open' ? openRow(alarm, figures) : endRow(alarm, { ...figures, reason: 'recovered' })];
  });
}

/** Ends every alarm of an SLO that is no more. */
export function removeAlarms({ definition, alarms }: Watch, { at, ...names }: RowNames & { at: number }): SloRow[] {
  return alarms.flatMap((alarm, index) => {
    if (!isOpen(alarm)) return [];
    const figures = { ...{ at, windowFrom: 0, events: 0, bad: 0, ...noBurn }, kind: kindAt(index) };
    return [endRow(alarm, { ...names, definition, ...figures, reason: 'removed' })];
  });
}

type Figures = Omit<SloRow, 'status' | 'reason' | 'startedAt' | 'endedAt' | 'mutedBy' | 'revision'>;

const noBurn = { burnShort: 0, burnLong: 0, threshold: 0 };

const kindAt = (index: number): AlarmKind => ALARM_KINDS[index] ?? 'breach';

function judgementsOf({ objective, minEvents }: SloDefinition, status: SloStatus, mutedBy: string): Judgement[] {
  const { at, compliance, count, burns } = status;
  const isBelow = compliance !== null && compliance < objective;
  const breach = { at, mutedBy, isBad: isBelow && count.events >= minEvents, isStillBad: isBelow };
  const ofBurns = burns.map(({ short, long, threshold, events }) => ({
    ...{ at, mutedBy },
    isBad: events >= minEvents && Math.min(short, long) >= threshold,
    isStillBad: Math.min(short, long) >= HYSTERESIS * threshold,
  }));
  return [breach, ...ofBurns];
}

function figuresOf({ at, window, count, burns }: SloStatus, index: number) {
  const { events, bad } = count;
  const burn = burns[index - 1];
  const speeds =
    burn === undefined ? noBurn : { burnShort: burn.short, burnLong: burn.long, threshold: burn.threshold };
  return { at, windowFrom: window.from, events, bad, ...speeds, kind: kindAt(index) };
}

function openRow({ startedAt, mutedBy, revision }: Alarm, figures: Figures): SloRow {
  return { ...figures, status: 'open', reason: '', startedAt, endedAt: 0, mutedBy, revision };
}

/** It ended when all became well, which is a while before that is certain. */
function endRow(alarm: Alarm, figures: Figures & { reason: SloRow['reason'] }): SloRow {
  const { startedAt, quietSince, mutedBy, revision } = alarm;
  const endedAt = quietSince === 0 ? figures.at : quietSince;
  closeAlarm(alarm);
  return { ...figures, status: 'resolved', startedAt, endedAt, mutedBy, revision: revision + 1 };
}
