import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { createFold } from '../fold.ts';
import type { AnyProcessor } from '../processor.ts';
import { eventRollups } from '../rollups.ts';
import type { Stream, StreamFold, StreamTables } from './stream.ts';

const idColumns = 'tenant, event_id, received_at, log_partition, log_offset, log_index';

export const eventTables: StreamTables = {
  table: 'events',

  replaces: false,
  ids: { table: 'event_ids', column: 'event_id' },
  fed: [
    {
      table: 'event_ids',
      columns: idColumns,
      select: idColumns,
      where: 'client_id',
      keys: 'tenant, log_offset, log_index',
    },
  ],
  rollups: eventRollups,
};

/** Business events through these processors. */
export function createEventStream(processors: readonly AnyProcessor[]): Stream<EventBatch> {
  return {
    topic: TOPICS.events,
    decode: decodeEventBatch,
    createFold: () => createFold(processors) as StreamFold<EventBatch>,
    carriesTotals: false,
    tables: eventTables,
  };
}
