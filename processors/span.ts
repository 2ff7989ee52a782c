import type { StreamBatch } from './streams/stream.ts';

/** Where the items of a range lie: what it takes to find them again. Times in milliseconds, `to` exclusive. */
export interface RangeSpan {
  tenants: string[];
  from: number;
  to: number;
}

/** Widens the span (undefined: nothing yet) to cover the events of one more batch. */
export function widenSpan(
  span: RangeSpan | undefined,
  { tenant, events }: Pick<StreamBatch, 'tenant' | 'events'>,
): RangeSpan | undefined {
  const [first] = events;
  if (first === undefined) return span;
  const wide = span ?? { tenants: [], from: first.at, to: first.at + 1 };
  if (!wide.tenants.includes(tenant)) wide.tenants.push(tenant);
  for (const { at } of events) {
    if (at < wide.from) wide.from = at;
    if (at >= wide.to) wide.to = at + 1;
  }
  return wide;
}
