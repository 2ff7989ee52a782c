import { type EventTime, NO_EVENT_TIME } from './watermark.ts';

/** What was promised before an insert: exactly the records from the committed offset to `end`, which make `rows` rows. */
export interface Plan {
  /** Offset of the last record, inclusive. */
  end: number;
  rows: number;
  /** CRC-32 of the records' values, one after the other. */
  crc: number;
}

/** The records found again are not those that were planned: the log is another one, or damaged. Nothing may be stored. */
export class PlanMismatchError extends Error {
  override name = 'PlanMismatchError';
}

/** What a commit carries beside its offset. */
export interface Progress {
  /** Of the range that begins at the offset; undefined when none is under way. */
  plan: Plan | undefined;
  /** Offsets of the records before it that could not be read, of late; ascending. */
  poison: readonly number[];
  /** Of the records before it. */
  eventTime: EventTime;
}

/** Progress as metadata of a commit: empty when there is nothing to say, and below 4 KiB with a hundred offsets. */
export function encodeProgress({ plan, poison, eventTime }: Progress): string {
  const isNew = poison.length === 0 && eventTime.watermark === undefined;
  if (plan === undefined && isNew) return '';
  const steps = poison.map((offset, index) => offset - (poison[index - 1] ?? 0));
  const planned = plan === undefined ? {} : { end: plan.end, rows: plan.rows, crc: plan.crc };
  const times = eventTime.watermark === undefined ? {} : eventTime;
  return JSON.stringify({ ...planned, ...(steps.length === 0 ? {} : { poison: steps }), ...times });
}

/** The progress in a commit's metadata. Throws {@link PlanMismatchError} on anything else. */
export function decodeProgress(metadata: string): Progress {
  if (metadata === '') return { plan: undefined, poison: [], eventTime: NO_EVENT_TIME };
  const { end, rows, crc, poison: steps = [], watermark, late = 0 } = parseObject(metadata);
  const hasPlan = isCount(end) && isCount(rows) && isCount(crc);
  const hasNone = end === undefined && rows === undefined && crc === undefined;
  const isSteps = Array.isArray(steps) && steps.every(isCount);
  const isTime = (watermark === undefined || isTimestamp(watermark)) && isCount(late);
  if (!isSteps || !isTime || !(hasPlan || (hasNone && (steps.length > 0 || watermark !== undefined)))) {
    throw new PlanMismatchError(`the commit carries no plan this version understands: ${metadata.slice(0, 200)}`);
  }
  let offset = 0;
  const poison = steps.map((step: number) => {
    offset += step;
    return offset;
  });
  return { plan: hasPlan ? { end, rows, crc } : undefined, poison, eventTime: { watermark, late } };
}

/** Deduplication token of a range: the same range has the same token in every attempt and every process. */
export function rangeToken(range: { topic: string; partition: number; first: number; last: number }): string {
  return `${range.topic}:${range.partition}:${range.first}-${range.last}`;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isTimestamp(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
