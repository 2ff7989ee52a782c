import type { LogStore } from '../../platform/log-store/log-store.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';

const partitions = Array.from({ length: TOPIC_SETTINGS[TOPICS.events].partitions }, (_, index) => index);

/** The offset each partition of the events will give to its next record. */
export async function readEnds(log: LogStore): Promise<number[]> {
  return (await Promise.all(partitions.map((partition) => log.bounds(TOPICS.events, partition)))).map(
    ({ next }) => next,
  );
}

/** Whether the processors of a group, the sink's by default, have stored everything before these offsets. */
export async function isStoredUpTo(
  log: LogStore,
  ends: readonly number[],
  group: string = PROCESSORS_GROUP,
): Promise<boolean> {
  const commits = ends.map((_, partition) => log.committed(group, TOPICS.events, partition));
  return (await Promise.all(commits)).every((commit, partition) => (commit?.offset ?? 0) >= (ends[partition] ?? 0));
}
