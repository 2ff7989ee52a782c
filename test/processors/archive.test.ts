import { describe, expect, it } from 'vitest';
import { expiresAtSeconds, sortedNames } from '../../processors/archive.ts';

const day = 86_400;
const at = (text: string) => Date.parse(text);

describe('expiresAtSeconds', () => {
  it('keeps an event to the end of the day its retention ends on', () => {
    expect(expiresAtSeconds(at('2026-03-19T12:00:00Z'), 30)).toBe(at('2026-04-19T00:00:00Z') / 1000);
    expect(expiresAtSeconds(at('2026-03-19T00:00:00.001Z'), 1)).toBe(at('2026-03-21T00:00:00Z') / 1000);
  });

  it('adds nothing to an event of midnight', () => {
    expect(expiresAtSeconds(at('2026-03-19T00:00:00Z'), 1)).toBe(at('2026-03-20T00:00:00Z') / 1000);
  });

  it('never keeps an event for less than its retention', () => {
    for (let second = 0; second < day; second += 997) {
      const time = at('2026-03-19T00:00:00Z') + second * 1000;
      expect(expiresAtSeconds(time, 7) - time / 1000).toBeGreaterThanOrEqual(7 * day);
    }
  });

  it('stays within what the column can hold', () => {
    expect(expiresAtSeconds(at('2100-01-01T00:00:00Z'), 36_500)).toBe(2 ** 32 - 1);
    expect(expiresAtSeconds(at('1900-01-01T00:00:00Z'), 1)).toBe(0);
  });
});

describe('sortedNames', () => {
  it('gives equal dimensions one order, whatever order they came in', () => {
    expect(sortedNames({ b: '1', a: '2', ab: '3' })).toEqual(['a', 'ab', 'b']);
    expect(sortedNames({ a: '2', ab: '3', b: '1' })).toEqual(['a', 'ab', 'b']);
    expect(sortedNames({})).toEqual([]);
  });
});
