import { describe, expect, it } from 'vitest';
import { renderBar } from '../../cli/progress.ts';
import { DEFAULT_RETRY, delayMs } from '../../cli/retry.ts';
import { renderTable } from '../../cli/table.ts';

describe('a table', () => {
  it('puts numbers to the right, text to the left and a dash where nothing is', () => {
    const columns = [
      { title: 'NAME', value: (row: { name: string; n: number | null }) => row.name },
      { title: 'N', value: (row: { name: string; n: number | null }) => row.n },
    ];
    const rows = [
      { name: 'CycleTime', n: 1234.56789 },
      { name: 'A', n: null },
    ];
    expect(renderTable(columns, rows)).toBe('NAME              N\nCycleTime  1234.568\nA                 -\n');
    expect(renderTable(columns, [])).toBe('nothing found\n');
  });

  it('shows nothing a terminal would obey', () => {
    const columns = [{ title: 'NAME', value: (name: string) => name }];
    expect(renderTable(columns, ['\u001b[2Jgone\u202e'])).toBe('NAME\n?[2Jgone?\n');
  });
});

describe('a progress bar', () => {
  it.each([
    [0, '[>                       ]   0 %'],
    [0.5, '[============>           ]  50 %'],
    [1, '[========================] 100 %'],
  ])('of %d is %s', (share, bar) => {
    expect(renderBar(share)).toBe(bar);
  });
});

describe('the pause before another try', () => {
  const pause = (attempt: number, chance: number, retryAfterS?: number) =>
    delayMs(DEFAULT_RETRY, { attempt, chance, retryAfterS });

  it('doubles up to half a minute, and chance spreads it over its second half', () => {
    expect([1, 2, 3, 20].map((attempt) => pause(attempt, 1))).toEqual([250, 500, 1_000, 30_000]);
    expect(pause(3, 0)).toBe(500);
  });

  it('is what the server asks for, within five minutes', () => {
    expect(pause(1, 0, 12)).toBe(12_000);
    expect(pause(1, 0, 86_400)).toBe(300_000);
  });
});
