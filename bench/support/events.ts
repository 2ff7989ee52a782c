import type { ApiClient } from './client.ts';

/** An event as `POST /api/v1/events` takes it. */
export interface WireEvent {
  orgCode: string;
  capabilityCode: string;
  metricType: string;
  value: number;
  timestamp: string;
  correlationId?: string;
  dimensions?: Record<string, string>;
}

export interface PostOptions {
  /** Batches under way at once. */
  concurrency?: number;
  onAccepted?(count: number): void;
}

const maxBatchSize = 1_000;
const defaultConcurrency = 4;

/** Posts events in batches of 1,000, each batch of one tenant only, several under way at once. Throws when one is not accepted. */
export async function postEvents(
  api: ApiClient,
  events: Iterable<WireEvent>,
  options: PostOptions = {},
): Promise<void> {
  const batches = toBatches(events);
  const work = async () => {
    for (const batch of batches) {
      await api.post('/api/v1/events/batch', { events: batch });
      options.onAccepted?.(batch.length);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? defaultConcurrency }, work));
}

/** Cuts a stream of events into batches of one tenant; the last ones are short. */
export function* toBatches(events: Iterable<WireEvent>): Generator<WireEvent[], void> {
  const open = new Map<string, WireEvent[]>();
  for (const event of events) {
    const batch = open.get(event.orgCode) ?? [];
    open.set(event.orgCode, batch);
    batch.push(event);
    if (batch.length < maxBatchSize) continue;
    open.delete(event.orgCode);
    yield batch;
  }
  yield* open.values();
}
