import type { LogRecord } from '../../platform/log-store/log-store.ts';
import type { PreparedRange } from '../../processors/prepare-range.ts';
import { RangePreparer } from '../../processors/range-preparer.ts';
import type { RangeRows, RowSink } from '../../processors/sink.ts';
import type { AnyStream } from '../../processors/streams/stream.ts';
import { NO_EVENT_TIME } from '../../processors/watermark.ts';

/** One partition of a stream, whose records are prepared range by range as a process does that has just started. */
export interface StreamPartition {
  /** The next records as one range. */
  prepare(values: readonly Uint8Array[]): Promise<PreparedRange>;
  /** The same, which must make rows. */
  rows(values: readonly Uint8Array[]): Promise<RangeRows>;
}

export function createStreamPartition(
  sink: RowSink,
  stream: AnyStream,
  { partition = 1, first = 0 } = {},
): StreamPartition {
  const preparer = new RangePreparer({
    ...{ stream, fold: stream.createFold(), topic: stream.topic, partition, sink },
    settled: async () => undefined,
    attempt: (work) => work(),
  });
  let next = first;
  const prepare = async (values: readonly Uint8Array[]): Promise<PreparedRange> => {
    const records: LogRecord[] = values.map((value) => ({ offset: next++, appendedAt: 0, value }));
    return preparer.prepare(records, NO_EVENT_TIME);
  };
  return {
    prepare,
    async rows(values) {
      const { rows } = await prepare(values);
      if (rows === undefined) throw new Error('a range without rows');
      return rows;
    },
  };
}
