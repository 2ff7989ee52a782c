import type { TableBlock } from '../../processors/fold.ts';
import { BinCounts } from '../../processors/math/bin-counts.ts';
import { binOf } from '../../processors/math/log-bins.ts';
import type { BusinessEvent, EventBatch } from '../../schemas/events/event-batch.ts';
import { type NativeRow, readNativeBlock } from './native-reader.ts';

const minuteMs = 60_000;
const graceMs = 3_600_000;
const shares = [0.5, 0.9, 0.95, 0.99];
const windows = [
  { name: '5m', length: 5, step: 1 },
  { name: '1h', length: 60, step: 1 },
  { name: '24h', length: 1_440, step: 60 },
] as const;

/** What a row says, apart from its key and revision. */
const describeRow = ({ window_start, count, p50, p90, p95, p99 }: NativeRow): string =>
  [window_start, count, p50, p90, p95, p99].join(' ');

/** What is left of rows when of each key the largest revision stays. Throws when rows of one key and revision differ. */
export function lastRevisions(blocks: readonly TableBlock[]): Map<string, string> {
  const all = new Map<string, string>();
  const last = new Map<string, { revision: number; text: string }>();
  for (const row of blocks.flatMap(({ body }) => readNativeBlock(body))) {
    const key = `${row.tenant} ${row.subject} ${row.metric} ${row.window} ${row.at}`;
    const text = describeRow(row);
    const revision = Number(row.revision);
    const same = all.get(`${key} ${revision}`);
    if (same !== undefined && same !== text) throw new Error(`${key} ${revision} is ${same} and ${text}`);
    all.set(`${key} ${revision}`, text);
    if (revision >= (last.get(key)?.revision ?? 0)) last.set(key, { revision, text });
  }
  return new Map([...last].map(([key, { text }]) => [key, text]));
}

/** The rows that batches must leave, said without the code under test (but for the bins): each window anew from all events. */
export function expectedRolled(batches: readonly EventBatch[]): Map<string, string> {
  const rows = new Map<string, string>();
  for (const [tenant, { events: accepted, watermark }] of acceptedByTenant(batches)) {
    const series = Map.groupBy(accepted, ({ capability, metric }) => `${tenant} ${capability} ${metric}`);
    for (const [name, events] of series) {
      for (const window of windows) addWindow(rows, { name, events, window, closed: Math.floor(watermark / minuteMs) });
    }
  }
  return rows;
}

interface Rolled {
  name: string;
  events: readonly BusinessEvent[];
  window: (typeof windows)[number];
  closed: number;
}

function addWindow(rows: Map<string, string>, { name, events, window, closed }: Rolled): void {
  const { length, step } = window;
  const ends = new Set<number>();
  for (const { at } of events) {
    const minute = Math.floor(at / minuteMs);
    ends.add(minute + 1);
    ends.add((Math.floor(minute / step) + 1) * step + length);
  }
  for (const end of ends) {
    if (end > closed) continue;
    const start = Math.floor((end - length) / step) * step;
    const counts = new BinCounts();
    for (const { at, value } of events) {
      if (at >= start * minuteMs && at < end * minuteMs) counts.add(binOf(value), 1);
    }
    const quantiles = counts.quantiles(shares).map((quantile) => (counts.total === 0 ? 0 : quantile));
    rows.set(`${name} ${window.name} ${end * 60}`, [start * 60, counts.total, ...quantiles].join(' '));
  }
}

interface Accepted {
  events: BusinessEvent[];
  watermark: number;
  seen: Map<string, number>;
}

/** Events that are neither repeated nor too late, and how far those of each tenant came. */
function acceptedByTenant(batches: readonly EventBatch[]): Map<string, Accepted> {
  const tenants = new Map<string, Accepted>();
  for (const batch of batches) {
    const known: Accepted = tenants.get(batch.tenant) ?? {
      events: [],
      watermark: Number.NEGATIVE_INFINITY,
      seen: new Map(),
    };
    tenants.set(batch.tenant, known);
    const before = known.watermark;
    for (const event of batch.events.filter((event) => isFirst(known, batch, event))) {
      known.watermark = Math.max(known.watermark, Math.min(event.at, batch.receivedAt));
      if (event.at >= before - graceMs) known.events.push(event);
    }
  }
  return tenants;
}

function isFirst({ seen }: Accepted, { clientIds, receivedAt }: EventBatch, { id }: BusinessEvent): boolean {
  if (!clientIds) return true;
  const seenAt = seen.get(id);
  if (seenAt !== undefined && receivedAt - seenAt <= 24 * graceMs) return false;
  seen.set(id, receivedAt);
  return true;
}
