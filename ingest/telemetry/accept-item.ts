import type { EventIssue } from '../accept-dimensions.ts';
import { type TimeRange, timeIssue, timeRange } from '../accept-time.ts';
import { parseTimestamp } from '../timestamps.ts';

export interface AcceptContext {
  /** Milliseconds since the epoch; the time of items that name none. */
  receivedAt: number;
  retentionDays: number;
  ids: { at(index: number): string };
}

/** What came of the items of one request: what goes into the log and the services it comes from, or everything that is wrong. */
export type Accepted<Item> = { items: Item[]; services: ReadonlySet<string> } | { issues: EventIssue[] };

/** The items of one request while they are accepted. */
export interface ItemRun {
  /** Position of the present item. */
  index: number;
  issues: EventIssue[];
  receivedAt: number;
  range: TimeRange;
  services: Set<string>;
  /** The service of the item before as the client wrote it, and trimmed. */
  lastService: { given: unknown; name: string };
}

export function startRun({ receivedAt, retentionDays }: AcceptContext): ItemRun {
  return {
    index: 0,
    issues: [],
    receivedAt,
    range: timeRange(receivedAt, retentionDays),
    services: new Set(),
    lastService: { given: undefined, name: '' },
  };
}

/** Accepts the items one by one; what is no object has been found by the check of the shape. */
export function acceptAll<Incoming extends object, Item>(
  run: ItemRun,
  items: readonly Incoming[],
  accept: (incoming: Incoming) => Item,
): Accepted<Item> {
  const accepted: Item[] = [];
  for (let index = 0; index < items.length; index++) {
    const item: unknown = items[index];
    run.index = index;
    if (typeof item === 'object' && item !== null) accepted.push(accept(item as Incoming));
  }
  return run.issues.length > 0 ? { issues: run.issues } : { items: accepted, services: run.services };
}

const controlCharacter = /\p{Cc}/u;

/** The service's name without the space around it. */
export function serviceOf(run: ItemRun, given: unknown): string {
  if (given === run.lastService.given) return run.lastService.name;
  if (typeof given !== 'string') return '';
  const name = given.trim();
  if (name === '') report(run, 'service', 'must not be empty');
  else if (controlCharacter.test(name)) report(run, 'service', 'must not contain control characters');
  run.services.add(name);
  run.lastService = { given, name };
  return name;
}

/** Milliseconds since the epoch. */
export function timeOf(run: ItemRun, timestamp: unknown): number {
  if (typeof timestamp !== 'string') return run.receivedAt;
  const at = parseTimestamp(timestamp);
  if (at <= run.range.latest && at >= run.range.earliest) return at;
  report(run, 'timestamp', timeIssue(run.range, at));
  return at;
}

/** An optional text; empty when there is none. */
export const textOf = (given: unknown): string => (typeof given === 'string' ? given : '');

export function report(run: ItemRun, field: string, issue: string): void {
  run.issues.push({ index: run.index, field, issue });
}
