import type { LogStore } from '../../platform/log-store/log-store.ts';
import { TOPIC_SETTINGS } from '../../schemas/topics.ts';
import type { PartitionFold } from './partition-fold.ts';
import type { RowStore } from './row-store.ts';

export interface MadePorts {
  rows: RowStore;
  /** Where what the rows say beside their tables goes. */
  outlet: Pick<LogStore, 'append'>;
  /** Does the work, again and again where that may help. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
}

/** Stores the rows the fold has made since the last call, then appends what they say. `token`: the same for the same records. */
export async function storeMade(
  fold: PartitionFold,
  { partition, token }: { partition: number; token: string },
  { rows, outlet, attempt }: MadePorts,
): Promise<void> {
  const blocks = fold.takeBlocks();
  const outgoing = fold.takeRecords();
  if (blocks.length > 0) await attempt(() => rows.store({ blocks, token }));
  for (const { topic, values } of outgoing) {
    await attempt(() => outlet.append(topic, partition % TOPIC_SETTINGS[topic].partitions, values));
  }
}
