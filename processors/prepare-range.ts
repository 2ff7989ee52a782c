import { crc32 } from 'node:zlib';
import type { LogRecord } from '../platform/log-store/log-store.ts';
import { expiresAtSeconds } from './archive.ts';
import { createFindRepeated, type EarlierIds, type Positions } from './duplicates.ts';
import { type Plan, rangeToken } from './progress.ts';
import type { RangeRows } from './sink.ts';
import { type RangeSpan, widenSpan } from './span.ts';
import { isControl, withControl } from './streams/control.ts';
import type { RangeTotals } from './streams/series-totals.ts';
import type { AnyFold, AnyStream, KeptRow, PositionedRecord, StreamBatch } from './streams/stream.ts';
import { advanceEventTime, type EventTime } from './watermark.ts';

/** A record of the log and its items, or why its bytes hold none. */
export interface DecodedRecord {
  record: LogRecord;
  batch: StreamBatch | string;
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
  stream: Pick<AnyStream, 'decode' | 'tables'>;
  topic: string;
  partition: number;
  /** At least one, in offset order. */
  records: readonly LogRecord[];
  /** The same records, decoded; by default each when it is its turn, so that few items are in memory at a time. */
  decoded?: readonly DecodedRecord[];
  /** Needed when ids can be repeated. */
  earlier?: EarlierIds;
  /** Before the range. */
  eventTime: EventTime;
  /** Needed where the stream carries totals. */
  totals?: RangeTotals;
  fold: AnyFold;
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

type Decode = AnyStream['decode'];

/** The records but those of control, each decoded when it is its turn. */
export function* decodedOf(records: readonly LogRecord[], decode: Decode): Generator<DecodedRecord> {
  const decodeAny = withControl(decode);
  for (const record of records) {
    const batch = decodeAny(record.value);
    if (typeof batch === 'string' || !isControl(batch)) yield { record, batch };
  }
}

/** The records that hold items. */
export function* batchesOf(decoded: Iterable<DecodedRecord>): Generator<PositionedRecord<StreamBatch>> {
  for (const { record, batch } of decoded) if (typeof batch !== 'string') yield { offset: record.offset, batch };
}

/**
 * Folds a range. The same records and earlier ids make the same result, today and after a crash. Undefined when ids can be repeated but no
 * earlier ids are given, or when the totals of some series are not known.
 */
export function prepareRange(input: PrepareInput): PreparedRange | undefined {
  const { stream, topic, partition, records, eventTime, fold, totals } = input;
  const scan: Scan = {
    span: undefined,
    receivedAt: [],
    poison: [],
    repeated: new Map(),
    duplicates: 0,
    eventTime,
    needsEarlierIds: false,
  };
  const carried = totals === undefined ? {} : { totals };
  const blocks = fold({ partition, batches: scanned(input, scan), isKept: keepUnless(scan.repeated), ...carried });
  if (scan.needsEarlierIds || (totals !== undefined && totals.unknown.size > 0)) return undefined;
  const { span, receivedAt, poison, duplicates } = scan;
  const first = records[0]?.offset ?? 0;
  const last = records.at(-1)?.offset ?? first;
  const count = blocks.reduce((sum, block) => sum + block.rows, 0);
  const plan = { end: last, rows: count, crc: crcOf(records) };
  const token = rangeToken({ topic, partition, first, last });
  const missing = refold({ partition, fold, records, repeated: scan.repeated, decode: stream.decode, totals });
  const range = { tables: stream.tables, partition, first, last, rows: count, receivedAt, token, blocks, missing };
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
function* scanned(
  { stream, records, decoded, earlier }: PrepareInput,
  scan: Scan,
): Generator<PositionedRecord<StreamBatch>> {
  const findRepeated = createFindRepeated(earlier ?? new Map());
  for (const entry of decoded ?? decodedOf(records, stream.decode)) {
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

interface Refold {
  partition: number;
  fold: PrepareInput['fold'];
  records: readonly LogRecord[];
  repeated: Positions;
  decode: Decode;
  totals: RangeTotals | undefined;
}

/** Decodes again when it is called: decoded items are ten times as large as records, and rarely needed twice. */
function refold({ partition, fold, records, repeated, decode, totals }: Refold): RangeRows['missing'] {
  return (stored, nowSeconds) => {
    const isMissing = keepUnless(stored);
    const isWanted = (row: KeptRow) => isMissing(row) && expiresAtSeconds(row.at, row.retentionDays) > nowSeconds;
    const batches = batchesOf(decodedOf(records, decode));
    const carried = totals === undefined ? {} : { totals: totals.again() };
    return fold({ partition, batches, isKept: keepUnless(repeated), isWanted, ...carried });
  };
}

function keepUnless(positions: Positions): (row: KeptRow) => boolean {
  return ({ offset, index }) => !positions.get(offset)?.has(index);
}

function crcOf(records: readonly LogRecord[]): number {
  return records.reduce((crc, { value }) => crc32(value, crc), 0);
}
