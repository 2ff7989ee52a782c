import { describe, expect, it } from 'vitest';
import { withBuckets } from '../../query-api/even-buckets.ts';
import { cellsOf, MAX_EVENTS_BY_HOUR, newestWindow, totalOf } from '../../query-api/event-window.ts';
import { toFigures } from '../../query-api/figures.ts';
import { loadQuery, withoutIdleConditions, withSources } from '../../query-api/queries.ts';
import { toQuantiles } from '../../query-api/ranks.ts';

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

describe('the quantiles of ranks', () => {
  it('lie between the samples on both sides, so that the median of two values is their mean', () => {
    expect(toQuantiles([1, 2, 10, 10, 10, 20, 0, 100])).toEqual([1.5, 10, 10.5, expect.closeTo(1, 9)]);
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
    expect(newestWindow(range, days, 10)).toEqual({ from: 9 * DAY, to: 9.5 * DAY, count: 10 });
    expect(newestWindow(range, days, 11)).toEqual({ from: 4 * DAY, to: 9.5 * DAY, count: 15 });
    expect(totalOf(days)).toBe(115);
  });

  it('stays within the range', () => {
    expect(newestWindow(range, days, 1_000)).toEqual({ ...range, count: 115 });
    expect(newestWindow(range, [], 25)).toEqual({ from: range.to, to: range.to, count: 0 });
  });

  it('is looked into by the minute where it holds many events or a filter leaves few of their cells', () => {
    const all = { capability: '', metric: '' };
    const window = { ...range, count: MAX_EVENTS_BY_HOUR };
    expect(cellsOf(all, window)).toBe('hours');
    expect(cellsOf(all, { ...window, count: MAX_EVENTS_BY_HOUR + 1 })).toBe('minutes');
    expect(cellsOf({ ...all, capability: 'P2P' }, window)).toBe('minutes');
    expect(cellsOf({ ...all, metric: 'CycleTime' }, window)).toBe('minutes');
  });
});

describe('a query', () => {
  const query = loadQuery('measurements');

  it('keeps only the branches it needs', () => {
    const coarse = withSources(query, ['days', 'minutes']);
    expect(coarse).toMatch(/FROM measurements_1d[\s\S]+UNION ALL[\s\S]+FROM measurements_1m/);
    expect(coarse).not.toMatch(/FROM (measurements_1h|events|points|logs)\b/);
    expect(withSources(query, ['raw', 'hours']).match(/-- source \w+/g)).toEqual(['-- source hours', '-- source raw']);
    expect(withSources(query, ['days', 'hours', 'minutes', 'raw', 'points', 'logs'])).toBe(query);
  });

  it('reads the table itself where one branch is left that only names its columns', () => {
    expect(withSources(query, ['days'])).toMatch(/AS slaTotal\nFROM measurements_1d AS m\n *WHERE tenant IN/);
    expect(withSources(query, ['days'])).not.toMatch(/-- source|UNION ALL|\n\) AS m/);
    expect(withSources(loadQuery('events'), ['hours'])).toMatch(/FROM measurements_1h AS m\n/);
    expect(withSources(query, ['raw'])).toMatch(/-- source raw[\s\S]+FROM events[\s\S]+\n\) AS m/);
  });

  it('keeps one branch even when it needs none', () => {
    expect(withSources(query, [])).toContain('FROM measurements_1d AS m');
    expect(withSources(loadQuery('slo-counts'), []).match(/-- source \w+/g)).toEqual(['-- source days']);
    expect(withSources(loadQuery('measurements-by-dimension'), ['days']).match(/-- source \w+/g)).toHaveLength(1);
  });

  it('has no conditions that say nothing with its parameters', () => {
    const none = new Date(0);
    const params = { capability: '', metric: 'CycleTime', days_from_2: none, days_to_2: new Date(0) };
    const lean = withoutIdleConditions(withSources(query, ['days']), params);
    expect(lean).toContain('AND metric = {metric:String}');
    expect(lean).not.toMatch(/capability:String|= ''|days_from_2| OR /);
    const both = { ...params, capability: 'P2P', days_to_2: new Date(1) };
    const full = withoutIdleConditions(withSources(query, ['days']), both);
    expect(full).toContain('AND subject = {capability:String}');
    expect(full).toMatch(/OR \(at >= \{days_from_2:/);
  });
});

describe('the bucket of a time', () => {
  const query = loadQuery('series');

  it('is computed where buckets are evenly apart, however many they are', () => {
    const { query: even, params } = withBuckets(query, [7_200, 10_800, 14_400]);
    expect(params).toEqual({ origin: 7_200, step: 3_600 });
    expect(even).not.toContain('{starts:');
    expect(even).toContain('intDiv(toUnixTimestamp(m.at) - {origin:UInt32}, {step:UInt32}) * {step:UInt32} AS bucket');
  });

  it.each([[[0, 0, 3_600]], [[0, 3_600, 3_700]], [[5]], [[]]])('is looked up among the starts %j', (starts) => {
    expect(withBuckets(query, starts)).toEqual({ query, params: { starts } });
  });
});
