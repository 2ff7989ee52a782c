import type { Scenario } from '../scenario.ts';
import { type ClickHouseFault, runClickHouseRound } from './faults.ts';

const minutes = 10;

/** ClickHouse slow, silent and away; a round is a minute of it, all in one. */
export const clickhouseScenarios: readonly Scenario[] = [
  create('slow', 'ClickHouse takes 2 s an insert, minutes'),
  create('hung', 'ClickHouse takes requests and never answers, minutes'),
  create('absent', 'ClickHouse stopped, minutes'),
];

function create(fault: ClickHouseFault, description: string): Scenario {
  return {
    name: `clickhouse-${fault}`,
    fault: description,
    rounds: minutes,
    run: ({ rounds }) => runClickHouseRound({ fault, minutes: rounds }),
  };
}
