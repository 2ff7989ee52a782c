import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../../processors/audit/read-arguments.ts';
import { readArguments } from '../../../processors/replay/read-arguments.ts';

const range = ['--from', '2026-03-01T00:00:00Z', '--to', '2026-03-08T00:00:00+01:00'];
const refused: [what: string, args: string[]][] = [
  ['no --from', ['--to', '2026-03-08T00:00:00Z', '--set', 'sla.target=1']],
  ['a date without a time', ['--from', '2026-03-01', '--to', '2026-03-08T00:00:00Z', '--set', 'sla.target=1']],
  ['an end before the beginning', ['--from', '2026-03-09T00:00:00Z', ...range.slice(2), '--set', 'sla.target=1']],
  ['nothing to set', range],
  ['an unknown setting', [...range, '--set', 'sla.goal=1']],
  ['a setting without a value', [...range, '--set', 'sla.target']],
  ['a value that is no number', [...range, '--set', 'sla.target=soon']],
  ['an empty value', [...range, '--set', 'sla.target=']],
  ['an objective of 1', [...range, '--set', 'slo.objective=1']],
  ['a threshold of 0', [...range, '--set', 'anomalies.threshold=0']],
  ['an unknown option', [...range, '--set', 'sla.target=1', '--all']],
  ['an argument too many', [...range, '--set', 'sla.target=1', 'now']],
];

describe('the arguments of a replay', () => {
  it('say what to read and what to set', () => {
    const sets = [
      'sla.target=24',
      'sla.target.very high=2.5',
      'slo.objective=0.95',
      'anomalies.threshold=4',
      'cases.target_ms=60000',
    ];
    const args = [...range, '--tenant', 'ACME', '--json', ...sets.flatMap((set) => ['--set', set])];
    expect(readArguments(args)).toEqual({
      from: Date.UTC(2026, 2, 1),
      to: Date.UTC(2026, 2, 7, 23),
      tenant: 'ACME',
      json: true,
      keep: false,
      overrides: {
        slaTarget: 24,
        slaTargets: new Map([['very high', 2.5]]),
        sloObjective: 0.95,
        anomalyThreshold: 4,
        caseTargetMs: 60_000,
      },
    });
  });

  it.each(refused)('are refused with %s', (_, args) => {
    expect(() => readArguments(args)).toThrow(ArgumentError);
  });
});
