import { AvroWriter, preambleOf } from '../avro-writer.ts';
import type { BusinessEvent, EventBatch } from './event-batch.ts';

/** Ids of a batch that were made one after the other: all begin alike, and end by the position of the event. ASCII. */
export interface MadeIds {
  start: string;
  end(index: number): string;
}

export type EncodeEventBatch = (batch: EventBatch, ids?: MadeIds) => Uint8Array<ArrayBuffer>;

const none = 0;
const present = 1;
const writer = new AvroWriter();

/**
 * Encodes batches as the codec of the schema does, byte for byte, in little more than half the time. `fingerprint` is that of
 * EVENT_BATCH_SCHEMA, whose fields are written here one by one. Events whose ids are all `ids`, in order, need not have them put together.
 */
export function createEventBatchEncoder(fingerprint: bigint): EncodeEventBatch {
  const preamble = preambleOf(fingerprint);
  return (batch, ids) => {
    writer.clear();
    writer.bytes(preamble);
    writer.string(batch.tenant);
    writer.long(batch.receivedAt);
    writer.long(batch.retentionDays);
    writer.boolean(batch.clientIds);
    writeEvents(batch.events, ids);
    return writer.take();
  };
}

function writeEvents(events: readonly BusinessEvent[], ids: MadeIds | undefined): void {
  if (events.length > 0) writer.long(events.length);
  if (ids === undefined) for (const event of events) writeGivenId(event);
  else writeMadeIds(events, ids);
  writer.long(none);
}

function writeGivenId(event: BusinessEvent): void {
  writer.string(event.id);
  writeFields(event);
}

// Put together in JavaScript an id is two texts until somebody reads it: its characters were moved twice.
function writeMadeIds(events: readonly BusinessEvent[], ids: MadeIds): void {
  const start = asciiBytes(ids.start);
  for (let index = 0; index < events.length; index++) {
    const end = ids.end(index);
    writer.long(start.length + end.length);
    writer.bytes(start);
    writer.ascii(end);
    writeFields(events[index] as BusinessEvent);
  }
}

const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Everything in an event that comes after its id. */
function writeFields(event: BusinessEvent): void {
  writer.string(event.capability);
  writer.string(event.metric);
  writer.long(event.at);
  writer.double(event.value);
  writer.long(event.slaTarget === null ? none : present);
  if (event.slaTarget !== null) writer.double(event.slaTarget);
  writer.string(event.correlationId);
  writeDimensions(event.dimensions);
  const { unrolled } = event;
  if (unrolled.length > 0) writer.long(unrolled.length);
  for (const name of unrolled) writer.string(name);
  writer.long(none);
}

function writeDimensions(dimensions: Readonly<Record<string, string>>): void {
  let count = 0;
  for (const _name in dimensions) count++;
  if (count > 0) writer.long(count);
  for (const name in dimensions) {
    writer.string(name);
    writer.string(dimensions[name] as string);
  }
  writer.long(none);
}
