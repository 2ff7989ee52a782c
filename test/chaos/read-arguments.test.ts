import { describe, expect, it } from 'vitest';
import { readArguments } from './read-arguments.ts';
import type { Scenario } from './scenario.ts';

const run = async () => ({ figures: {}, violations: [] });
const scenarios: Scenario[] = [
  { name: 'kill', fault: 'kill -9', rounds: 200, run },
  { name: 'freeze', fault: 'SIGSTOP', rounds: 3, run },
];
const roundsOf = (...args: string[]) =>
  readArguments(args, scenarios).chosen.map(({ scenario, rounds }) => [scenario.name, rounds]);

describe('the arguments of npm run chaos', () => {
  it('run every scenario with its rounds when there are none', () => {
    expect(roundsOf()).toEqual([
      ['kill', 200],
      ['freeze', 3],
    ]);
  });

  it('choose scenarios by name', () => {
    expect(roundsOf('freeze')).toEqual([['freeze', 3]]);
  });

  it('run a tenth, one round at least', () => {
    expect(roundsOf('--tenth')).toEqual([
      ['kill', 20],
      ['freeze', 1],
    ]);
  });

  it('set the rounds, and the file of the results', () => {
    expect(roundsOf('kill', '--rounds=7')).toEqual([['kill', 7]]);
    expect(readArguments(['--json=results.json'], scenarios).json).toBe('results.json');
  });

  it.each([['flood'], ['--rounds=0'], ['--rounds=1.5'], ['--rounds=many'], ['--fast']])('refuse %s', (argument) => {
    expect(() => readArguments([argument], scenarios)).toThrow(TypeError);
  });
});
