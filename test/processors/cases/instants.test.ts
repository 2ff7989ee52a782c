import { expect, it } from 'vitest';
import { instantsOf, MAX_INSTANTS } from '../../../processors/cases/instants.ts';

const at = Date.UTC(2026, 2, 19, 12);

it.each([
  ['2026-03-19T12:00:00Z', at],
  ['2026-03-19t12:00:00.250z', at + 250],
  ['2026-03-19 14:00:00+02:00', at],
  ['2026-03-19T12:00:00', undefined],
  ['2026-03-19', undefined],
  ['2026-13-19T12:00:00Z', undefined],
  ['2026-03-19T25:00:00Z', undefined],
  ['1899-12-31T23:59:59Z', undefined],
  ['2300-01-01T00:00:00Z', undefined],
  ['tomorrow', undefined],
])('reads %s as %s', (text, expected) => {
  expect(instantsOf({ due: text }).map((one) => one.at)).toEqual(expected === undefined ? [] : [expected]);
});

it('keeps a few of many, in the order of their names', () => {
  const many = Array.from({ length: 2 * MAX_INSTANTS }, (_, index) => [
    `due${String.fromCharCode(122 - index)}`,
    '2026-03-19T12:00:00Z',
  ]);
  const names = instantsOf(Object.fromEntries([...many, ['other', 'text']])).map(({ name }) => name);
  expect(names).toHaveLength(MAX_INSTANTS);
  expect(names).toEqual(names.toSorted());
  expect(names[0]).toBe('duek');
});
