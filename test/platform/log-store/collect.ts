import type {
  Assignment,
  ConsumeOptions,
  LogBatch,
  LogConsumer,
  LogStore,
} from '../../../platform/log-store/log-store.ts';

export interface Collected {
  consumer: LogConsumer;
  batches: LogBatch[];
  assigned: Assignment[];
  /** `<topic>/<partition>` */
  revoked: string[];
  /** Values of a partition as text, in the order they were delivered. */
  values(partition: number): string[];
  /** Partitions held now, sorted. */
  held(): number[];
}

/** A consumer that remembers all it was given. */
export async function collect(
  log: LogStore,
  options: Partial<ConsumeOptions> & { onBatchOf?: (consumer: LogConsumer, batch: LogBatch) => Promise<void> },
): Promise<Collected> {
  const batches: LogBatch[] = [];
  const assigned: Assignment[] = [];
  const revoked: string[] = [];
  const held = new Set<number>();
  const { onBatchOf, ...rest } = options;
  const ready = Promise.withResolvers<LogConsumer>();
  const consumer = await log.consume({
    group: 'group',
    topics: ['many'],
    ...rest,
    onAssign: async (assignment) => {
      assigned.push(assignment);
      held.add(assignment.partition);
      return options.onAssign?.(assignment);
    },
    onRevoke: async (topic, partition) => {
      revoked.push(`${topic}/${partition}`);
      held.delete(partition);
      await options.onRevoke?.(topic, partition);
    },
    onBatch: async (batch) => {
      batches.push(batch);
      await options.onBatch?.(batch);
      await onBatchOf?.(await ready.promise, batch);
    },
  });
  ready.resolve(consumer);
  return {
    consumer,
    batches,
    assigned,
    revoked,
    values: (partition) =>
      batches
        .filter((batch) => batch.partition === partition)
        .flatMap(({ records }) => records.map(({ value }) => text(value))),
    held: () => [...held].sort(),
  };
}

export const text = (value: Uint8Array): string => Buffer.from(value).toString();
export const bytes = (value: string): Uint8Array => Buffer.from(value);
