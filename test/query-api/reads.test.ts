import { describe, expect, it } from 'vitest';
import { newestWindow, totalOf } from '../../query-api/event-window.ts';
import { toFigures } from '../../query-api/figures.ts';
import { loadQuery, withSources } from '../../query-api/queries.ts';

const DAY = 86_400_000;

describe('the figures of a group', () => {
  const group = { count: 4, sum: 10, min: 1, max: 4, slaMet: 2, slaTotal: 3 };

  it('are its average, its percentiles within what was measured, and its compliance with four decimals', () => {
    expect(toFigures({ ...group, quantiles: [2.5, 3.9, 4.03, 4.1] })).toEqual({
      count: 4,
      sum: 10,
      avg: 2.5,
      min: 1,
      max: 4,
      p50: 2.5,
      p90: 3.9,
      p95: 4,
      p99: 4,
      slaCompliance: 0.6667,
    });
  });

  it('have no compliance when nothing had a target', () => {
    expect(toFigures({ ...group, slaMet: 0, slaTotal: 0, quantiles: [1, 1, 1, 1] }).slaCompliance).toBeNull();
  });

  it('stay finite when the sum is not', () => {
    const quantiles = [1e308, Number.POSITIVE_INFINITY, 1e308, 1e308] as const;
    const figures = toFigures({ ...group, sum: Number.POSITIVE_INFINITY, min: 1e308, max: 1.7e308, quantiles });
    expect(Object.values(figures).every((value) => Number.isFinite(value))).toBe(true);
  });
});

describe('the window of the newest events', () => {
  const range = { from: 0.5 * DAY, to: 9.5 * DAY };
  const days = [
    { dayMs: 9 * DAY, count: 10 },
    { dayMs: 4 * DAY, count: 5 },
    { dayMs: 0, count: 100 },
  ];

  it('reaches back to the day that holds the last of them', () => {
    expect(newestWindow(range, days, 10)).toEqual({ from: 9 * DAY, to: 9.5 * DAY });
    expect(newestWindow(range, days, 11)).toEqual({ from: 4 * DAY, to: 9.5 * DAY });
    expect(totalOf(days)).toBe(115);
  });

  it('stays within the range', () => {
    expect(newestWindow(range, days, 1_000)).toEqual(range);
    expect(newestWindow(range, [], 25)).toEqual({ from: range.to, to: range.to });
  });
});

describe('a query', () => {
  const query = loadQuery('measurements');

  it('keeps only the branches it needs', () => {
    const days = withSources(query, ['days']);
    expect(days).toContain('FROM measurements_1d');
    expect(days).not.toMatch(/FROM (measurements_1h|measurements_1m|events)\b|UNION ALL/);
    expect(withSources(query, ['raw', 'hours']).match(/-- source \w+/g)).toEqual(['-- source hours', '-- source raw']);
    expect(withSources(query, ['days', 'hours', 'minutes', 'raw', 'points', 'logs'])).toBe(query);
  });

  it('keeps one branch even when it needs none', () => {
    expect(withSources(query, []).match(/-- source \w+/g)).toEqual(['-- source days']);
    expect(withSources(loadQuery('measurements-by-dimension'), ['days']).match(/-- source \w+/g)).toHaveLength(1);
  });
});
