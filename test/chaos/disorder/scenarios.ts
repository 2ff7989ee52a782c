import { runRounds } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import { runDisorder } from './disorder.ts';
import { runPoison } from './poison.ts';

const million = 1_000_000;

/** What clients and producers send that is not as it should be; a round is a seed. */
export const disorderScenarios: readonly Scenario[] = [
  {
    name: 'disorder',
    fault: '1 M events, 10 % repeated, 20 % out of order, 1 % too late',
    rounds: 10,
    run: (run) => runRounds(run, (round) => runDisorder({ seed: round, events: million })),
  },
  {
    name: 'poison',
    fault: '1,000 poison records of 8 kinds in 1 M',
    rounds: 3,
    run: (run) => runRounds(run, (round) => runPoison({ seed: round, records: million, poison: 1_000 })),
  },
];
