import { expect, it } from 'vitest';
import { ArgumentError, readArguments } from '../../../processors/audit/read-arguments.ts';

it('compares everything and changes nothing unless told otherwise', () => {
  expect(readArguments([])).toEqual({ repair: false, json: false, chain: false });
});

it('reads dates as whole days and date-times as moments', () => {
  const args = ['--repair', '--json', '--from', '2026-03-01', '--to=2026-03-02', '--tenant', 'org_acme'];
  expect(readArguments(args)).toEqual({
    repair: true,
    json: true,
    chain: false,
    from: Date.UTC(2026, 2, 1) / 1000,
    to: Date.UTC(2026, 2, 3) / 1000,
    tenant: 'org_acme',
  });
  expect(readArguments(['--to', '2026-03-02T12:00:00+01:00']).to).toBe(Date.UTC(2026, 2, 2, 11) / 1000);
});

it('verifies the chains of the audit log instead, all of them', () => {
  expect(readArguments(['--chain', '--json'])).toEqual({ repair: false, json: true, chain: true });
  for (const other of [['--repair'], ['--from', '2026-03-01'], ['--tenant', 'org_acme']])
    expect(() => readArguments(['--chain', ...other])).toThrow(ArgumentError);
});

it.each([['--from', 'yesterday'], ['--to', '2026-13-01'], ['--mend'], ['2026-03-01'], ['--tenant']])(
  'refuses %s %s',
  (...args) => {
    expect(() => readArguments(args)).toThrow(ArgumentError);
  },
);
