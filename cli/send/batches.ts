import { createHash } from 'node:crypto';
import { EVENT_LIMITS } from '../../schemas/api/event-limits.ts';
import type { Line } from './lines.ts';

export interface EventLine extends Line {
  /** The event as JSON. */
  json: string;
}

export interface Batch {
  /** Of one organization; never empty. */
  events: EventLine[];
  /** Whether they are sent line by line (NDJSON) instead of as one JSON text, which holds fewer. */
  isByLine: boolean;
}

/** A line that is no event, or none the server accepts. */
export interface BadLine {
  number: number;
  issue: string;
}

export interface BatchOptions {
  size: number;
  /** Organization of events that name none. */
  org?: string | undefined;
  /** Lines before it are skipped. */
  fromLine: number;
  /** Whether lines that are no event part batches: what comes before them is then sent before they are met. */
  stopsAtBadLines: boolean;
}

/** Events that one JSON text may hold; requests for more are sent line by line. */
export const MAX_JSON_EVENTS = EVENT_LIMITS.batchEvents;
/** Bytes of events in one request: below the server's limit of 4 MiB. */
export const MAX_BATCH_BYTES = 3 * 1024 * 1024;
/** Bytes of events in one request that is sent line by line: held here, far below the server's limit. */
export const MAX_LINES_BYTES = 16 * 1024 * 1024;

/** Groups lines to requests: as many as fit, in their order, of one organization each. Lines that are no event come by themselves. */
export async function* toBatches(lines: AsyncIterable<Line>, options: BatchOptions): AsyncGenerator<Batch | BadLine> {
  const isByLine = options.size > MAX_JSON_EVENTS;
  const room = roomOf(options.size);
  let pending = newBatch();
  for await (const line of lines) {
    if (line.number < options.fromLine) continue;
    const event = readEvent(line, options.org);
    const endsHere = event === undefined ? options.stopsAtBadLines : !hasRoom(pending, event, room);
    if (endsHere && pending.events.length > 0) {
      yield { events: pending.events, isByLine };
      pending = newBatch();
    }
    if (event === undefined) yield { number: line.number, issue: 'is not a JSON object' };
    else add(pending, event);
  }
  if (pending.events.length > 0) yield { events: pending.events, isByLine };
}

interface PendingBatch {
  events: EventLine[];
  bytes: number;
  org: unknown;
}

interface ReadEvent {
  line: EventLine;
  org: unknown;
}

interface Room {
  size: number;
  bytes: number;
}

const roomOf = (size: number): Room => ({ size, bytes: size > MAX_JSON_EVENTS ? MAX_LINES_BYTES : MAX_BATCH_BYTES });

const newBatch = (): PendingBatch => ({ events: [], bytes: 0, org: undefined });

function hasRoom({ events, bytes, org }: PendingBatch, { line, org: next }: ReadEvent, room: Room): boolean {
  if (events.length === 0) return true;
  return events.length < room.size && bytes + Buffer.byteLength(line.json) <= room.bytes && org === next;
}

function add(batch: PendingBatch, { line, org }: ReadEvent): void {
  batch.events.push(line);
  batch.bytes += Buffer.byteLength(line.json) + 1;
  batch.org = org;
}

/** The request's body. */
export function bodyOf({ events, isByLine }: Batch): string {
  if (isByLine) return `${events.map(({ json }) => json).join('\n')}\n`;
  return `{"events":[${events.map(({ json }) => json).join(',')}]}`;
}

/** The same for the same lines at the same place of a file, so that sending them again stores nothing twice. */
export function idempotencyKeyOf(batch: Batch): string {
  const digest = createHash('sha256')
    .update(`${batch.events[0]?.number}\n${bodyOf(batch)}`)
    .digest('base64url');
  return `cli-${digest}`;
}

function readEvent(line: Line, org: string | undefined): ReadEvent | undefined {
  const event = parse(line.text);
  if (event === undefined) return undefined;
  if (event.orgCode !== undefined || org === undefined)
    return { line: { ...line, json: line.text }, org: event.orgCode };
  return { line: { ...line, json: JSON.stringify({ orgCode: org, ...event }) }, org };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
