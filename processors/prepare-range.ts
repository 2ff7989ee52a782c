import { crc32 } from 'node:zlib';
import type { LogRecord } from '../platform/log-store/log-store.ts';
import { decodeEventBatch } from '../schemas/events/event-batch-codec.ts';
import { expiresAtSeconds } from './archive.ts';
import { type EarlierIds, findDuplicates, type Positions } from './duplicates.ts';
import type { Fold, PositionedBatch } from './fold.ts';
import type { Measurement } from './processor.ts';
import { type Plan, rangeToken } from './progress.ts';
import { type DecodedRecord, spanOf } from './ranges.ts';
import type { RangeRows } from './sink.ts';

export type Decoded = DecodedRecord<LogRecord>;

export interface PartitionId {
  topic: string;
  partition: number;
}

/** A range before anything is written: its plan, its rows, and what is no row. */
export interface PreparedRange {
  first: number;
  plan: Plan;
  /** Undefined when the range makes no rows. */
  rows: RangeRows | undefined;
  poison: Decoded[];
  duplicates: number;
}

export interface PrepareInput extends PartitionId {
  /** At least one, in offset order. */
  records: readonly Decoded[];
  earlier: EarlierIds;
  fold: Fold;
}

export function decodeRecord(record: LogRecord): Decoded {
  return { record, offset: record.offset, batch: decodeEventBatch(record.value) };
}

/** The records that hold events. */
export function batchesOf(records: readonly Decoded[]): PositionedBatch[] {
  return records.flatMap(({ offset, batch }) => (typeof batch === 'string' ? [] : [{ offset, batch }]));
}

/** Folds a range. The same records and earlier ids make the same result, today and after a crash. */
export function prepareRange({ topic, partition, records, earlier, fold }: PrepareInput): PreparedRange {
  const first = records[0]?.offset ?? 0;
  const last = records.at(-1)?.offset ?? first;
  const batches = batchesOf(records);
  const duplicates = findDuplicates(batches, earlier);
  const blocks = fold({ partition, batches, isKept: keepUnless(duplicates) });
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const span = spanOf(batches);
  const plan = { end: last, rows, crc: crcOf(records) };
  const token = rangeToken({ topic, partition, first, last });
  const missing = refold({ partition, fold, duplicates, values: records.map(({ record }) => record) });
  return {
    first,
    plan,
    rows:
      span === undefined || rows === 0 ? undefined : { ...span, partition, first, last, rows, token, blocks, missing },
    poison: records.filter(({ batch }) => typeof batch === 'string'),
    duplicates: count(duplicates),
  };
}

interface Refold {
  partition: number;
  fold: Fold;
  duplicates: Positions;
  values: readonly LogRecord[];
}

/** Decodes again when it is called: decoded events are ten times as large as records, and rarely needed twice. */
function refold({ partition, fold, duplicates, values }: Refold): RangeRows['missing'] {
  return (stored, nowSeconds) => {
    const isNew = keepUnless(duplicates);
    const isMissing = keepUnless(stored);
    const isKept = (measurement: Measurement) =>
      isNew(measurement) &&
      isMissing(measurement) &&
      expiresAtSeconds(measurement.at, measurement.retentionDays) > nowSeconds;
    return fold({ partition, batches: batchesOf(values.map(decodeRecord)), isKept });
  };
}

function keepUnless(positions: Positions): (measurement: Measurement) => boolean {
  return ({ offset, index }) => !positions.get(offset)?.has(index);
}

function crcOf(records: readonly Decoded[]): number {
  return records.reduce((crc, { record }) => crc32(record.value, crc), 0);
}

function count(positions: Positions): number {
  return [...positions.values()].reduce((sum, indexes) => sum + indexes.size, 0);
}
