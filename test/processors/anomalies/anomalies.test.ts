import { describe, expect, it } from 'vitest';
import { MAX_ZERO_MINUTES } from '../../../platform/detection/close-minute.ts';
import { anomalies } from '../../../processors/anomalies/anomalies.ts';
import { dayMs, foldSeries, hourMs, minuteMs, monday, noisy } from '../../support/anomaly-series.ts';

const known = monday + 2 * dayMs;

/** A series that came every minute for two days. */
function knownSeries(...seed: string[]) {
  const folded = foldSeries();
  folded.run(monday, known, noisy('known', ...seed));
  folded.told.length = 0;
  return folded;
}

describe('a spike', () => {
  it('opens an anomaly with the record that brings it, is confirmed when its minute is over, and ends when five minutes were as expected', () => {
    const folded = knownSeries();
    folded.add(known + 1_000, 400);
    expect(folded.told).toMatchObject([
      { kind: 'statistical', revision: 0, isProvisional: true, startsAt: known, endsAt: 0, reason: '', mutedBy: '' },
    ]);
    expect(folded.told[0]?.detectedAt).toBe(known + 2_000);
    folded.run(known + minuteMs, known + 10 * minuteMs, noisy('after'));
    expect(folded.told.slice(1)).toMatchObject([
      { revision: 1, isProvisional: false, endsAt: 0 },
      { revision: 2, endsAt: known + minuteMs, reason: 'back_to_expected' },
    ]);
  });

  it('tells what was expected, by what it was learned, and by how much it was missed', () => {
    const folded = knownSeries();
    folded.add(known + 1_000, 400);
    const { finding } = folded.told[0] ?? {};
    expect(finding?.value).toBe(400);
    expect(finding?.expected).toBeCloseTo(100, -1);
    expect((finding?.high ?? 0) - (finding?.low ?? 0)).toBeGreaterThan(10);
    expect(finding?.zScore).toBeGreaterThan(20);
    expect(finding?.anomalyScore).toBeGreaterThan(0.99);
    expect(finding).toMatchObject({ points: 2_880, baselineFrom: monday, baselineTo: known - minuteMs });
  });

  it('that the rest of its minute takes back is withdrawn', () => {
    const folded = knownSeries();
    folded.add(known + 1_000, 400);
    for (let second = 2; second < 60; second++) folded.add(known + second * 1_000, 97);
    folded.add(known + minuteMs + 1_000, 100);
    expect(folded.told.map(({ revision, reason }) => [revision, reason])).toEqual([
      [0, ''],
      [1, 'withdrawn'],
    ]);
  });

  it('much stronger than the last one is told on the same day, one as strong is not', () => {
    const folded = knownSeries();
    const spikeAt = (at: number, value: number) => {
      folded.add(at + 1_000, value);
      folded.run(at + minuteMs, at + 10 * minuteMs, noisy('quiet', String(at)));
    };
    spikeAt(known, 130);
    const times = () => [...new Set(folded.told.map(({ startsAt }) => startsAt))];
    expect(times()).toEqual([known]);
    spikeAt(known + 10 * minuteMs, 130);
    expect(times()).toEqual([known]);
    spikeAt(known + 20 * minuteMs, 600);
    expect(times()).toEqual([known, known + 20 * minuteMs]);
  });

  it('in history is told when its minute is over', () => {
    const folded = foldSeries();
    const values = noisy('history');
    const receivedAt = known + 30 * dayMs;
    for (let at = monday; at < known; at += minuteMs) folded.add(at, values(), receivedAt);
    folded.told.length = 0;
    folded.add(known, 400, receivedAt);
    expect(folded.told).toEqual([]);
    folded.add(known + minuteMs, 100, receivedAt);
    expect(folded.told).toMatchObject([{ startsAt: known, detectedAt: known + minuteMs, isProvisional: false }]);
  });

  it('says nothing while the series is learned', () => {
    const folded = foldSeries();
    folded.run(monday, monday + 3 * hourMs, noisy('learning'));
    folded.add(monday + 3 * hourMs, 4_000);
    folded.add(monday + 3 * hourMs + minuteMs, 100);
    expect(folded.told).toEqual([]);
  });
});

describe('a level that stays', () => {
  it('is one anomaly until it is learned as the usual level', () => {
    const folded = knownSeries();
    const values = noisy('shift');
    folded.run(known, known + 26 * hourMs, () => values() + 100);
    const started = folded.told.filter(({ startsAt }) => startsAt < known + 2 * minuteMs);
    expect(started.at(-1)).toMatchObject({ reason: 'shift_learned' });
    expect(new Set(folded.told.map(({ startsAt }) => startsAt)).size).toBe(1);
  });

  it('is told again when it gets twice as far off', () => {
    const folded = knownSeries();
    folded.run(known, known + 3 * minuteMs, () => 160);
    folded.run(known + 3 * minuteMs, known + 6 * minuteMs, () => 400);
    const values = folded.told.map(({ finding, revision }) => [revision, finding.value]);
    expect(values).toEqual([
      [0, 160],
      [1, 160],
      [2, 400],
    ]);
  });
});

describe('during maintenance', () => {
  it('what is anomalous is told as muted, teaches nothing, and does not hold the next alert back', () => {
    const folded = knownSeries();
    folded.maintain({ from: known, to: known + hourMs });
    // One minute before it is not over yet.
    const points = folded.state.watch.detector.points + 1;
    const values = noisy('maintenance');
    folded.run(known, known + 30 * minuteMs, () => 400);
    folded.run(known + 30 * minuteMs, known + hourMs, values);
    expect(folded.told.map(({ mutedBy, reason }) => [mutedBy, reason])).toEqual([
      ['812', ''],
      ['812', ''],
      ['812', 'back_to_expected'],
    ]);
    expect(folded.state.watch.detector.points).toBe(points);
    folded.told.length = 0;
    folded.run(known + hourMs, known + 70 * minuteMs, values);
    folded.add(known + 70 * minuteMs + 1_000, 400);
    expect(folded.told).toMatchObject([{ mutedBy: '', revision: 0 }]);
  });

  it('an anomaly that goes on after it is released', () => {
    const folded = knownSeries();
    folded.maintain({ from: known, to: known + 10 * minuteMs });
    folded.run(known, known + 13 * minuteMs, () => 400);
    expect(folded.told.map(({ mutedBy }) => mutedBy)).toEqual(['812', '812', '']);
    expect(folded.told.at(-1)).toMatchObject({ revision: 2, endsAt: 0, startsAt: known });
  });

  it('of something else nothing is muted', () => {
    const folded = knownSeries();
    folded.maintain({ from: known, to: known + hourMs, subjects: ['search'] });
    folded.add(known + 1_000, 400);
    expect(folded.told).toMatchObject([{ mutedBy: '' }]);
  });
});

describe('a series that stops', () => {
  it('is missing data after five minutes in which time goes on, until it comes back', () => {
    const folded = knownSeries();
    const ticks = Array.from({ length: 12 }, (_, index) => known + index * minuteMs + 2_000);
    for (const clock of ticks) folded.tick(clock);
    expect(folded.told).toMatchObject([
      { kind: 'missing_data', startsAt: known, detectedAt: known + 5 * minuteMs + 2_000, endsAt: 0, revision: 0 },
    ]);
    expect(folded.told[0]?.finding).toMatchObject({ value: 0, expected: 1, evidence: 'silence' });
    folded.add(known + 13 * minuteMs, 100);
    expect(folded.told[1]).toMatchObject({ revision: 1, reason: 'data_came_back', endsAt: known + 13 * minuteMs });
    folded.run(known + 14 * minuteMs, known + 60 * minuteMs, noisy('back'));
    expect(folded.told.length).toBe(2);
  });

  it('is given up after a week, and forgotten after a month', () => {
    const folded = knownSeries();
    for (let clock = known; clock < known + 29 * dayMs; clock += 10 * minuteMs) folded.tick(clock);
    expect(folded.told.map(({ reason }) => reason)).toEqual(['', 'given_up']);
    expect(anomalies.isSpent?.(folded.state)).toBe(false);
    for (let clock = known + 29 * dayMs; clock < known + 31 * dayMs; clock += hourMs) folded.tick(clock);
    expect(anomalies.isSpent?.(folded.state)).toBe(true);
    expect(folded.told.length).toBe(2);
  });

  it.each([
    ['that comes every twenty minutes', (at: number) => at % (20 * minuteMs) === 0],
    ['that is silent at night', (at: number) => at % dayMs >= 8 * hourMs && at % dayMs < 18 * hourMs],
  ])('%s is not missing when it is silent as ever', (_, comes) => {
    const folded = foldSeries();
    const values = noisy('rhythm');
    for (let at = monday; at < monday + 5 * dayMs; at += minuteMs) {
      if (comes(at)) folded.add(at + 1_000, values());
      else folded.tick(at + 2_000);
    }
    expect(
      folded.told.filter(({ kind, startsAt }) => kind === 'missing_data' && startsAt > monday + 2 * dayMs),
    ).toEqual([]);
  });

  it('for as long as it sometimes does is not missing', () => {
    const folded = foldSeries();
    const values = noisy('gaps');
    for (let at = monday; at < monday + 3 * dayMs; at += minuteMs) {
      const isGap = at % (2 * hourMs) < 15 * minuteMs;
      if (isGap) folded.tick(at + 2_000);
      else folded.add(at + 1_000, values());
    }
    expect(folded.told.filter(({ kind }) => kind === 'missing_data')).toEqual([]);
  });

  it('is muted in maintenance, and released when that ends before it comes back', () => {
    const folded = knownSeries();
    folded.maintain({ from: known, to: known + 20 * minuteMs });
    for (let minute = 0; minute < 30; minute++) folded.tick(known + minute * minuteMs + 2_000);
    expect(folded.told.map(({ mutedBy, revision }) => [mutedBy, revision])).toEqual([
      ['812', 0],
      ['', 1],
    ]);
  });
});

describe('a count of log events', () => {
  const counted = () => foldSeries({ metric: 'logs.error' });

  it('is their number a minute, with zeros between', () => {
    const folded = counted();
    for (const at of [0, 1_000, 2_000, 3 * minuteMs, 3 * minuteMs + 1, 5 * minuteMs]) folded.add(monday + at, 1);
    folded.add(monday + 6 * minuteMs, 1);
    const { level, points } = folded.state.watch.detector;
    expect(points).toBe(6);
    expect(level).toBeCloseTo((3 + 0 + 0 + 2 + 0 + 1) / 6, 1);
  });

  it('learns no more zeros than the limit after a long silence', () => {
    const folded = counted();
    folded.add(monday, 1);
    folded.add(monday + 30 * dayMs, 1);
    folded.add(monday + 30 * dayMs + minuteMs, 1);
    expect(folded.state.watch.detector.points).toBe(1 + MAX_ZERO_MINUTES + 1);
  });

  it.each([
    ['logs.info', 1],
    ['logs.error', 0],
  ])('of %s that came every minute and stops is missing data %i times', (metric, times) => {
    const folded = foldSeries({ metric });
    folded.run(monday, known, () => 1);
    for (let minute = 0; minute < 60; minute++) folded.tick(known + minute * minuteMs + 2_000);
    expect(folded.told.filter(({ kind }) => kind === 'missing_data').length).toBe(times);
  });

  it('is anomalous while a burst comes in', () => {
    const folded = counted();
    for (let at = monday; at < known; at += 10 * minuteMs) folded.add(at, 1);
    folded.told.length = 0;
    for (let index = 0; index < 64; index++) folded.add(known + index * 100, 1);
    expect(folded.told).toMatchObject([{ isProvisional: true, startsAt: known }]);
    expect(folded.told[0]?.finding.zScore).toBeGreaterThan(3);
  });
});
