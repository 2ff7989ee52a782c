import type { ClickHouse } from '../platform/clickhouse.ts';
import { cellsOf, type EventDay, newestWindow, totalOf } from './event-window.ts';
import type { Selection } from './measurements.ts';
import { loadQuery, withoutIdleConditions, withSources } from './queries.ts';
import type { Range } from './range.ts';
import { type Source, segmentParams, splitRange } from './segments.ts';
import { read } from './store.ts';

export interface StoredEvent {
  tenant: string;
  id: string;
  capability: string;
  metric: string;
  value: number;
  /** Milliseconds since the epoch. */
  atMs: number;
  /** Empty: none. */
  correlationId: string;
  dimensions: Record<string, string>;
}

export interface EventPage {
  events: StoredEvent[];
  totalCount: number;
}

export interface PageOfEvents {
  offset: number;
  limit: number;
}

const daysQuery = loadQuery('event-days');
const eventsQuery = loadQuery('events');
const correlationQuery = loadQuery('events-of-correlation');
const correlationCountQuery = loadQuery('event-count-of-correlation');

/** One page of the selected events, newest first, and how many there are; the rollups say how many and how far back the page reaches. */
export async function listEvents(clickhouse: ClickHouse, selection: Selection, page: PageOfEvents): Promise<EventPage> {
  const { tenants, capability, metric, range, signal } = selection;
  const segments = splitRange(range);
  if (tenants.length === 0 || segments.length === 0) return { events: [], totalCount: 0 };
  const filter = { tenants, capability, metric };
  const ask = <Row>(query: string, sources: readonly Source[], params: Record<string, unknown>) =>
    read<Row>(clickhouse, { query: withoutIdleConditions(withSources(query, sources), params), params, signal });
  const sources = segments.map(({ source }) => source);
  const days = await ask<EventDay>(daysQuery, sources, { ...filter, ...segmentParams(segments) });
  const totalCount = totalOf(days);
  if (page.offset >= totalCount) return { events: [], totalCount };
  const window = newestWindow(range, days, page.offset + page.limit);
  const params = { ...filter, ...page, ...rangeParams(window) };
  return { events: await ask<StoredEvent>(eventsQuery, [cellsOf(selection, window)], params), totalCount };
}

/** The same for the events with one correlation id, which no rollup knows. */
export async function listEventsOfCorrelation(
  clickhouse: ClickHouse,
  selection: Selection,
  { correlation, ...page }: PageOfEvents & { correlation: string },
): Promise<EventPage> {
  const { tenants, capability, metric, range, signal } = selection;
  if (tenants.length === 0) return { events: [], totalCount: 0 };
  const params = { tenants, capability, metric, correlation, ...rangeParams(range) };
  const [events, counts] = await Promise.all([
    read<StoredEvent>(clickhouse, { query: correlationQuery, params: { ...params, ...page }, signal }),
    read<{ count: number }>(clickhouse, { query: correlationCountQuery, params, signal }),
  ]);
  return { events, totalCount: counts[0]?.count ?? 0 };
}

function rangeParams(range: Range): { from: Date; to: Date } {
  const [first, last] = [splitRange(range).at(0), splitRange(range).at(-1)];
  return { from: new Date(first?.from ?? 0), to: new Date(last?.to ?? 0) };
}
