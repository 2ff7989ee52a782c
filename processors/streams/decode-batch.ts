import type { StreamBatch, StreamItem } from './stream.ts';

interface Envelope {
  tenant: string;
  id: string;
  receivedAt: number;
  retentionDays: number;
  isRepeatable: boolean;
}

/** A record of telemetry as the pipeline sees it: its items, and the id by which it is repeated as a whole. */
export function toStreamBatch<Item extends StreamItem>(record: Envelope, events: readonly Item[]): StreamBatch<Item> {
  const { tenant, id, receivedAt, retentionDays, isRepeatable } = record;
  return { tenant, receivedAt, retentionDays, clientIds: isRepeatable, batchId: id, events };
}
