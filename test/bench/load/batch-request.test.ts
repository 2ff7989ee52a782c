import { describe, expect, test } from 'vitest';
import { createBatchRequest } from '../../../bench/load/batch-request.ts';
import type { WireEvent } from '../../../bench/support/events.ts';

const now = Date.UTC(2026, 2, 18, 10, 30, 12, 345);
const dayMs = 86_400_000;
const options = { host: 'localhost', key: 'mk_live_x', orgCode: 'LOAD', eventCount: 1_000, spreadDays: 0, seed: 1 };

describe('a prepared batch request', () => {
  test('announces the length of its body and stays valid JSON however often it is renewed', () => {
    const request = createBatchRequest(options);
    for (let round = 0; round < 20; round++) request.renew(now);
    const head = request.bytes.toString('latin1', 0, request.bodyStart);
    expect(head).toContain(`Content-Length: ${request.bytes.length - request.bodyStart}\r\n`);
    expect(head.endsWith('\r\n\r\n')).toBe(true);
    expect(eventsOf(request)).toHaveLength(1_000);
  });

  test('has values from 10 to 100 and times in the last two minutes', () => {
    const request = createBatchRequest(options);
    request.renew(now);
    for (const { value, timestamp } of eventsOf(request)) {
      expect(value).toBeGreaterThanOrEqual(10);
      expect(value).toBeLessThan(100);
      expect(Math.abs(now - Date.parse(timestamp))).toBeLessThan(120_000);
    }
  });

  test('spreads its times over the days asked for, ending yesterday', () => {
    const request = createBatchRequest({ ...options, spreadDays: 30 });
    request.renew(now);
    const times = eventsOf(request).map(({ timestamp }) => Date.parse(timestamp));
    const today = Math.floor(now / dayMs) * dayMs;
    expect(Math.min(...times)).toBeGreaterThanOrEqual(today - 30 * dayMs);
    expect(Math.max(...times)).toBeLessThan(today);
    expect(new Set(times.map((at) => Math.floor(at / dayMs))).size).toBe(30);
  });

  test('differs from renewal to renewal and from seed to seed', () => {
    const [request, other] = [createBatchRequest(options), createBatchRequest({ ...options, seed: 2 })];
    request.renew(now);
    other.renew(now);
    const first = eventsOf(request);
    expect(eventsOf(other)).not.toEqual(first);
    request.renew(now);
    const cases = new Set([...first, ...eventsOf(request)].map(({ correlationId }) => correlationId));
    expect(cases.size).toBeGreaterThan(1_990);
  });
});

function eventsOf(request: ReturnType<typeof createBatchRequest>): WireEvent[] {
  const body = request.bytes.toString('latin1', request.bodyStart);
  return (JSON.parse(body) as { events: WireEvent[] }).events;
}
