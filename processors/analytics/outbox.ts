import type { BusinessEvent, EventBatch } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import type { Signal } from '../../schemas/signals/signal-batch.ts';
import { encodeSignalBatch } from '../../schemas/signals/signal-batch-codec.ts';
import { TOPICS, type Topic } from '../../schemas/topics.ts';
import type { DerivedEvent } from './stateful-processor.ts';

/** Signals, or derived events, of one record: the most a request may have. */
export const MAX_OUTBOX_ITEMS = 1_000;

/** Records to be appended to the topic, to the partition they follow from. */
export interface OutgoingRecords {
  topic: Topic;
  values: Uint8Array[];
}

/**
 * What rows say to others, until it is appended to the log. Whoever folds the log again appends it again: signals have an id, a status and a revision by
 * which a reader knows them; derived events have ids and times of receipt as those that a client repeats.
 */
export class Outbox {
  readonly #signals = new Map<string, Signal[]>();
  readonly #batches = new Map<string, EventBatch>();

  addSignal({ tenant, signal }: { tenant: string; signal: Signal }): void {
    const signals = this.#signals.get(tenant);
    if (signals === undefined) this.#signals.set(tenant, [signal]);
    else signals.push(signal);
  }

  addEvent(event: DerivedEvent): void {
    const { tenant, receivedAt, retentionDays } = event;
    const name = `${tenant} ${receivedAt} ${retentionDays}`;
    let batch = this.#batches.get(name);
    if (batch === undefined) {
      batch = { tenant, receivedAt, retentionDays, clientIds: true, events: [] };
      this.#batches.set(name, batch);
    }
    batch.events.push(toBusinessEvent(event));
  }

  /** What was added since the last call. */
  take(): OutgoingRecords[] {
    const signals = [...this.#signals].flatMap(([tenant, all]) =>
      chunksOf(all).map((chunk) => encodeSignalBatch({ tenant, signals: chunk })),
    );
    const events = [...this.#batches.values()].flatMap((batch) =>
      chunksOf(batch.events).map((chunk) => encodeEventBatch({ ...batch, events: chunk })),
    );
    this.#signals.clear();
    this.#batches.clear();
    const records = [
      { topic: TOPICS.signals, values: signals },
      { topic: TOPICS.events, values: events },
    ];
    return records.filter(({ values }) => values.length > 0);
  }
}

function toBusinessEvent({ id, capability, metric, at, value, slaTarget, dimensions }: DerivedEvent): BusinessEvent {
  return { ...{ id, capability, metric, at, value, slaTarget }, correlationId: '', dimensions, unrolled: [] };
}

function chunksOf<Item>(items: readonly Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (let from = 0; from < items.length; from += MAX_OUTBOX_ITEMS)
    chunks.push(items.slice(from, from + MAX_OUTBOX_ITEMS));
  return chunks;
}
