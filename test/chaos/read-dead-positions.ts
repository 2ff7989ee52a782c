import type { LogStore } from '../../platform/log-store/log-store.ts';
import { decodeDeadLetter } from '../../processors/dead-letter.ts';
import { TOPICS } from '../../schemas/topics.ts';

const partition = 0;

/** The positions (`partition/offset`) of the records that were set aside. Throws when the topic holds something else. */
export async function readDeadPositions(log: LogStore): Promise<Set<string>> {
  const positions = new Set<string>();
  const { first, next } = await log.bounds(TOPICS.dead, partition);
  if (first === next) return positions;
  const { promise: allRead, resolve } = Promise.withResolvers<void>();
  const consumer = await log.consume({
    group: 'dead-positions',
    topics: [TOPICS.dead],
    async onBatch({ records }) {
      for (const { value } of records) {
        const letter = decodeDeadLetter(value);
        if (letter === undefined) throw new Error('a record of the dead-letter topic is no dead letter');
        positions.add(`${letter.partition}/${letter.offset}`);
      }
      if ((records.at(-1)?.offset ?? 0) + 1 >= next) resolve();
    },
  });
  await Promise.race([allRead, consumer.done]);
  await consumer.stop();
  return positions;
}
