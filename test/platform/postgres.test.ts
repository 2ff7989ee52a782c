import { expect, it } from 'vitest';
import { isPostgresAway } from '../../platform/postgres.ts';

const errorWith = (code: string): Error => Object.assign(new Error(code), { code });

it.each(['ECONNREFUSED', 'CONNECTION_CLOSED', '08006', '53100', '53200', '53300', '57P01', '57P02', '57P03'])(
  'waits for a PostgreSQL that answers %s: away, restarting or without room',
  (code) => expect(isPostgresAway(errorWith(code))).toBe(true),
);

it.each(['23505', '42601', '22P02', '40001'])('does not wait when the statement is at fault: %s', (code) =>
  expect(isPostgresAway(errorWith(code))).toBe(false),
);

it('does not take any error for one of PostgreSQL', () => {
  expect(isPostgresAway(new Error('away'))).toBe(false);
  expect(isPostgresAway(Object.assign(new Error('number'), { code: 57 }))).toBe(false);
});
