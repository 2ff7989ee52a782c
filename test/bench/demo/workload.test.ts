import { describe, expect, test } from 'vitest';
import { slaTargetsOf, tenants } from '../../../bench/demo/plan.ts';
import { findBadHours, generateHistory, hourMs } from '../../../bench/demo/workload.ts';

const to = Date.UTC(2026, 2, 18, 10, 30);
const twoWeeks = { seed: 7, tenants, from: to - 14 * 24 * hourMs, to };

describe('the demo workload', () => {
  test('is the same for the same seed and another for another', () => {
    const events = [...generateHistory({ ...twoWeeks, from: to - 24 * hourMs })];
    expect([...generateHistory({ ...twoWeeks, from: to - 24 * hourMs })]).toEqual(events);
    expect([...generateHistory({ ...twoWeeks, seed: 8, from: to - 24 * hourMs })]).not.toEqual(events);
  });

  test('of a range is that of its two halves, wherever it is cut', () => {
    const cut = to - 5 * hourMs - 1_234_567;
    const whole = [...generateHistory({ ...twoWeeks, from: to - 10 * hourMs })];
    const first = [...generateHistory({ ...twoWeeks, from: to - 10 * hourMs, to: cut })];
    const second = [...generateHistory({ ...twoWeeks, from: cut })];
    expect(first.length + second.length).toBe(whole.length);
    expect(new Set([...first, ...second].map((event) => JSON.stringify(event)))).toEqual(
      new Set(whole.map((event) => JSON.stringify(event))),
    );
  });

  test('of two weeks has 60,000 to 100,000 events, none later than now, none negative', () => {
    const events = [...generateHistory(twoWeeks)];
    expect(events.length).toBeGreaterThan(60_000);
    expect(events.length).toBeLessThan(100_000);
    expect(Math.max(...events.map(({ timestamp }) => Date.parse(timestamp)))).toBeLessThan(to);
    expect(events.every(({ value }) => value >= 0)).toBe(true);
  });

  test('breaches its targets in the bad hours and hardly elsewhere', () => {
    const badHours = findBadHours(twoWeeks);
    expect(badHours.length).toBeGreaterThanOrEqual(3);
    const bad = new Set(badHours.map(({ orgCode, capability, at }) => `${orgCode} ${capability} ${at}`));
    const outcomes = { bad: { met: 0, total: 0 }, usual: { met: 0, total: 0 } };
    for (const { orgCode, process, event } of cycleTimes()) {
      const hour = Math.floor(Date.parse(event.timestamp) / hourMs) * hourMs;
      const outcome = bad.has(`${orgCode} ${process.capability} ${hour}`) ? outcomes.bad : outcomes.usual;
      outcome.total++;
      if (event.value <= (slaTargetsOf(process)[event.dimensions?.urgency ?? ''] ?? 0)) outcome.met++;
    }
    expect(outcomes.bad.met / outcomes.bad.total).toBeLessThan(0.5);
    expect(outcomes.usual.met / outcomes.usual.total).toBeGreaterThan(0.9);
  });

  test('is busier by day than by night and on working days than on Sundays', () => {
    const byHour = new Map<number, number>();
    const byDay = new Map<number, number>();
    for (const { event } of cycleTimes()) {
      const date = new Date(event.timestamp);
      byHour.set(date.getUTCHours(), (byHour.get(date.getUTCHours()) ?? 0) + 1);
      byDay.set(date.getUTCDay(), (byDay.get(date.getUTCDay()) ?? 0) + 1);
    }
    expect(byHour.get(10)).toBeGreaterThan(5 * (byHour.get(3) ?? 0));
    expect(byDay.get(2)).toBeGreaterThan(2 * (byDay.get(0) ?? 0));
  });
});

function cycleTimes() {
  return [...generateHistory(twoWeeks)].flatMap((event) => {
    const process = tenants
      .find(({ code }) => code === event.orgCode)
      ?.processes.find(({ capability }) => capability === event.capabilityCode);
    return event.metricType === 'CycleTime' && process !== undefined
      ? [{ orgCode: event.orgCode, process, event }]
      : [];
  });
}
