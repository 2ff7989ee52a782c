import type { LogRecord, LogStore } from '../../platform/log-store/log-store.ts';
import { createClickHouseRows } from '../analytics/row-store.ts';
import { measuredTopics, measurementSources } from '../analytics/sources.ts';
import { compareOutcomes, type Difference } from './compare-outcomes.ts';
import type { Overrides, SlaDimensionOf } from './overrides.ts';
import { type PartitionName, readLog } from './read-log.ts';
import { type Range, readOutcome } from './read-outcome.ts';
import type { ScratchDatabase } from './scratch-database.ts';
import { PartitionVariant } from './variant.ts';

export interface Replay {
  logStore: LogStore;
  /** For what was, and for what would have been. */
  databases: readonly [before: ScratchDatabase, after: ScratchDatabase];
  range: Range;
  overrides: Overrides;
  dimensionOf: SlaDimensionOf;
  /** Id of the only one; undefined: all. */
  tenant: string | undefined;
}

export interface Replayed {
  /** Records of the log that were read. */
  records: number;
  difference: Difference;
}

const noOverrides: Overrides = { slaTargets: new Map() };

/** Folds all that the log holds, as it was and under the overrides, and compares what came of the span. Rejects with LogExpiredError. */
export async function replay({
  logStore,
  databases,
  range,
  overrides,
  dimensionOf,
  tenant,
}: Replay): Promise<Replayed> {
  const [before, after] = databases;
  const options = { dimensionOf, tenant };
  const both = [
    createVariant({ ...options, overrides: noOverrides, rows: createClickHouseRows(before.clickhouse) }),
    createVariant({ ...options, overrides, rows: createClickHouseRows(after.clickhouse) }),
  ];
  let records = 0;
  await readLog({
    ...{ logStore, topics: measuredTopics, from: range.from },
    async onRecords(of, some) {
      records += some.length;
      for (const variant of both) await variant(of, some);
    },
  });
  const outcomes = await Promise.all([before, after].map(({ clickhouse }) => readOutcome(clickhouse, range)));
  const [was, would] = outcomes;
  if (was === undefined || would === undefined) throw new Error('an outcome is missing');
  return { records, difference: compareOutcomes(was, would) };
}

type Fold = (of: PartitionName, records: readonly LogRecord[]) => Promise<void>;

function createVariant(options: ConstructorParameters<typeof PartitionVariant>[0]): Fold {
  const partitions = new Map<string, PartitionVariant>();
  return async ({ topic, partition }, records) => {
    const name = `${topic}/${partition}`;
    let variant = partitions.get(name);
    if (variant === undefined) {
      const source = measurementSources.find((one) => one.topic === topic);
      if (source === undefined) throw new Error(`nobody folds the records of ${topic}`);
      variant = new PartitionVariant(options, source, partition);
      partitions.set(name, variant);
    }
    await variant.onRecords(records);
  };
}
