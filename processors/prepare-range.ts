import { crc32 } from 'node:zlib';
import type { LogRecord } from '../platform/log-store/log-store.ts';
import type { EventBatch } from '../schemas/events/event-batch.ts';
import { decodeEventBatch } from '../schemas/events/event-batch-codec.ts';
import { expiresAtSeconds } from './archive.ts';
import { createFindRepeated, type EarlierIds, type Positions } from './duplicates.ts';
import type { Fold, PositionedBatch } from './fold.ts';
import type { Measurement } from './processor.ts';
import { type Plan, rangeToken } from './progress.ts';
import type { RangeRows } from './sink.ts';
import { type RangeSpan, widenSpan } from './span.ts';
import { advanceEventTime, type EventTime } from './watermark.ts';

/** A record of the log and its events, or why its bytes hold none. */
export interface DecodedRecord {
  record: LogRecord;
  batch: EventBatch | string;
}

/** A range before anything is written: its plan, its rows, and what is no row. */
export interface PreparedRange {
  first: number;
  plan: Plan;
  /** Undefined when the range makes no rows. */
  rows: RangeRows | undefined;
  poison: DecodedRecord[];
  duplicates: number;
  /** After the range. */
  eventTime: EventTime;
}

export interface PrepareInput {
  topic: string;
  partition: number;
  /** At least one, in offset order. */
  records: readonly LogRecord[];
  /** The same records, decoded; by default each when it is its turn, so that few events are in memory at a time. */
  decoded?: readonly DecodedRecord[];
  /** Needed when clients gave ids. */
  earlier?: EarlierIds;
  /** Before the range. */
  eventTime: EventTime;
  fold: Fold;
}

interface Scan {
  span: RangeSpan | undefined;
  receivedAt: number[];
  poison: DecodedRecord[];
  repeated: Map<number, ReadonlySet<number>>;
  duplicates: number;
  eventTime: EventTime;
  needsEarlierIds: boolean;
}

export function decodeRecord(record: LogRecord): DecodedRecord {
  return { record, batch: decodeEventBatch(record.value) };
}

/** The records that hold events. */
export function* batchesOf(decoded: Iterable<DecodedRecord>): Generator<PositionedBatch> {
  for (const { record, batch } of decoded) if (typeof batch !== 'string') yield { offset: record.offset, batch };
}

/**
 * Folds a range. The same records and earlier ids make the same result, today and after a crash. Undefined when clients gave ids but no
 * earlier ids are given.
 */
export function prepareRange(input: PrepareInput): PreparedRange | undefined {
  const { topic, partition, records, eventTime, fold } = input;
  const scan: Scan = {
    span: undefined,
    receivedAt: [],
    poison: [],
    repeated: new Map(),
    duplicates: 0,
    eventTime,
    needsEarlierIds: false,
  };
  const blocks = fold({ partition, batches: scanned(input, scan), isKept: keepUnless(scan.repeated) });
  if (scan.needsEarlierIds) return undefined;
  const { span, receivedAt, poison, duplicates } = scan;
  const first = records[0]?.offset ?? 0;
  const last = records.at(-1)?.offset ?? first;
  const count = blocks.reduce((sum, block) => sum + block.rows, 0);
  const plan = { end: last, rows: count, crc: crcOf(records) };
  const token = rangeToken({ topic, partition, first, last });
  const missing = refold({ partition, fold, records, repeated: scan.repeated });
  const range = { partition, first, last, rows: count, receivedAt, token, blocks, missing };
  return {
    first,
    plan,
    rows: span === undefined || count === 0 ? undefined : { ...span, ...range },
    poison,
    duplicates,
    eventTime: scan.eventTime,
  };
}

/** The batches on their way into the fold; notes in the scan what else there is to know about them. */
function* scanned({ records, decoded, earlier }: PrepareInput, scan: Scan): Generator<PositionedBatch> {
  const findRepeated = createFindRepeated(earlier ?? new Map());
  for (const entry of decoded ?? lazily(records)) {
    const { record, batch } = entry;
    if (typeof batch === 'string') {
      scan.poison.push(entry);
      continue;
    }
    scan.needsEarlierIds = earlier === undefined && batch.clientIds;
    if (scan.needsEarlierIds) return;
    scan.span = widenSpan(scan.span, batch);
    scan.receivedAt.push(batch.receivedAt);
    const repeated = findRepeated(batch);
    if (repeated.size > 0) scan.repeated.set(record.offset, repeated);
    scan.duplicates += repeated.size;
    scan.eventTime = advanceEventTime(scan.eventTime, batch, repeated);
    yield { offset: record.offset, batch };
  }
}

function* lazily(records: readonly LogRecord[]): Generator<DecodedRecord> {
  for (const record of records) yield decodeRecord(record);
}

interface Refold {
  partition: number;
  fold: Fold;
  records: readonly LogRecord[];
  repeated: Positions;
}

/** Decodes again when it is called: decoded events are ten times as large as records, and rarely needed twice. */
function refold({ partition, fold, records, repeated }: Refold): RangeRows['missing'] {
  return (stored, nowSeconds) => {
    const isNew = keepUnless(repeated);
    const isMissing = keepUnless(stored);
    const isKept = (measurement: Measurement) =>
      isNew(measurement) &&
      isMissing(measurement) &&
      expiresAtSeconds(measurement.at, measurement.retentionDays) > nowSeconds;
    return fold({ partition, batches: batchesOf(lazily(records)), isKept });
  };
}

function keepUnless(positions: Positions): (measurement: Measurement) => boolean {
  return ({ offset, index }) => !positions.get(offset)?.has(index);
}

function crcOf(records: readonly LogRecord[]): number {
  return records.reduce((crc, { value }) => crc32(value, crc), 0);
}
