import { expect, test } from 'vitest';
import { checkQuantile, checkRow, checkSeries } from '../../../bench/receipt/checks.ts';
import { type ReceiptEvent, summarize } from '../../../bench/receipt/facts.ts';

const values = [1, 2, 3, 100];
const events = values.map(
  (value): ReceiptEvent => ({
    metricType: 'CycleTime',
    value,
    at: 0,
    correlationId: '',
    dimensions: { urgency: 'General' },
  }),
);
const exact = summarize(events, { General: 2 });
const row = { count: 4, avg: 26.5, min: 1, max: 100, p50: 2.51, p95: 85.5, slaCompliance: 0.5 };

test('a row that is right passes every check', () => {
  expect(checkRow('CycleTime', row, exact).filter(({ isOk }) => !isOk)).toEqual([]);
});

test.each([
  ['count', { count: 5 }],
  ['min', { min: 1.0001 }],
  ['max', { max: 99.99 }],
  ['avg', { avg: 26.5000001 }],
  ['p50', { p50: 2.53 }],
  ['p95', { p95: null }],
  ['SLA compliance', { slaCompliance: 0.5001 }],
])('a wrong %s is found', (name, wrong) => {
  const failed = checkRow('CycleTime', { ...row, ...wrong }, exact).filter(({ isOk }) => !isOk);
  expect(failed.map((check) => check.name)).toContain(`CycleTime: ${name}`);
});

test('a missing row is a difference', () => {
  expect(checkRow('CycleTime', undefined, exact)).toMatchObject([{ isOk: false }]);
});

test('a quantile may be off by 1 % and no more', () => {
  expect(checkQuantile('p95', 101, 100)).toMatchObject({ isOk: true });
  for (const got of [98.9, 101.1, null]) expect(checkQuantile('p95', got, 100)).toMatchObject({ isOk: false });
});

test('a series differs by a missing, an extra, a doubled or a wrong bucket', () => {
  const buckets = new Map([['2011-01-01', exact]]);
  const point = { date: '2011-01-01', count: 4, avg: 26.5 };
  expect(checkSeries('s', [point], buckets).isOk).toBe(true);
  expect(checkSeries('s', [], buckets).isOk).toBe(false);
  expect(checkSeries('s', [point, point], buckets).isOk).toBe(false);
  expect(checkSeries('s', [point, { ...point, date: '2011-01-02' }], buckets).isOk).toBe(false);
  expect(checkSeries('s', [{ ...point, count: 3 }], buckets).isOk).toBe(false);
  expect(checkSeries('s', [{ ...point, avg: 26.6 }], buckets).isOk).toBe(false);
});
