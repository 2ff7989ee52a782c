import { runRounds } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import { type FullStore, runDiskFull } from './disk-full.ts';

const rounds = 3;
const fullMs = 20_000;

/** No room for one of the stores, or for all that share a disk. Needs the right to mount. */
export const diskFullScenarios: readonly Scenario[] = [
  create('log', 'disk of the embedded log full'),
  create('clickhouse', 'disk of ClickHouse full'),
  create('postgres', 'disk of PostgreSQL full'),
  create('all', 'disk of all stores full'),
];

function create(store: FullStore, fault: string): Scenario {
  return {
    name: `disk-full-${store}`,
    fault,
    rounds,
    run: (run) => runRounds(run, () => runDiskFull({ store, fullMs })),
  };
}
