import { describe, expect, it } from 'vitest';
import { MAX_POISON } from '../../processors/poison-limits.ts';
import { decodeProgress, encodeProgress, PlanMismatchError, rangeToken } from '../../processors/progress.ts';
import { NO_EVENT_TIME } from '../../processors/watermark.ts';

const eventTime = { watermark: 2 ** 41, late: 12 };

describe('plans', () => {
  it('come back from a commit as they were', () => {
    const plan = { end: 2 ** 40, rows: 100_000, crc: 2 ** 32 - 1 };
    expect(decodeProgress(encodeProgress({ plan, poison: [], eventTime }))).toEqual({ plan, poison: [], eventTime });
  });

  it('are absent from a commit without metadata', () => {
    const nothing = { plan: undefined, poison: [], eventTime: NO_EVENT_TIME };
    expect(decodeProgress('')).toEqual(nothing);
    expect(encodeProgress(nothing)).toBe('');
  });

  it('stand beside what could not be read of late, within what a log keeps of metadata', () => {
    const poison = Array.from({ length: MAX_POISON }, (_, index) => 2 ** 50 + index * 100);
    for (const plan of [undefined, { end: 2 ** 51, rows: 100_000, crc: 2 ** 32 - 1 }]) {
      const metadata = encodeProgress({ plan, poison, eventTime });
      expect(decodeProgress(metadata)).toEqual({ plan, poison, eventTime });
      expect(metadata.length).toBeLessThan(1_024);
    }
  });

  it('of earlier versions are understood: they knew no event times', () => {
    const plan = { end: 7, rows: 1, crc: 2 };
    expect(decodeProgress(JSON.stringify(plan))).toEqual({ plan, poison: [], eventTime: NO_EVENT_TIME });
  });

  it.each([
    '{',
    '[]',
    'null',
    '{"end":1}',
    '{"poison":[]}',
    '{"poison":[-1]}',
    '{"end":1,"poison":[1]}',
    '{"end":-1,"rows":1,"crc":1}',
    '{"watermark":"1","late":1}',
    '{"watermark":1,"late":-1}',
    '{"late":1}',
    '{"end":"1","rows":1,"crc":1}',
  ])('are not guessed from %s', (metadata) => {
    expect(() => decodeProgress(metadata)).toThrow(PlanMismatchError);
  });
});

it('gives the same range the same token', () => {
  expect(rangeToken({ topic: 't', partition: 2, first: 10, last: 19 })).toBe('t:2:10-19');
});
