import { afterAll, expect, test } from 'vitest';
import { killFailpoints } from '../chaos/kill/at-failpoints.ts';
import { killClickHouse } from '../chaos/kill/clickhouse.ts';
import { killIngest } from '../chaos/kill/ingest.ts';
import { killPostgres } from '../chaos/kill/postgres.ts';
import { killProcessors } from '../chaos/kill/processors.ts';
import { killSink } from '../chaos/kill/sink.ts';
import { runScenario, type ScenarioResult, tenthOf } from '../chaos/scenario.ts';
import { renderResults } from '../chaos/table.ts';

const withinMs = 600_000;
const results: ScenarioResult[] = [];

afterAll(() => console.log(renderResults(results)));

// A tenth of what `npm run chaos` does.
test.each([killIngest, killSink, killFailpoints, killProcessors, killClickHouse, killPostgres])(
  'after $fault nothing acknowledged is lost, nothing is counted twice, and every rollup cell is right',
  async (scenario) => {
    const result = await runScenario(scenario, { rounds: tenthOf(scenario.rounds), report: () => undefined });
    results.push(result);
    expect(result.outcome.violations).toEqual([]);
    expect(result.outcome.figures).toMatchObject({ lost: 0, duplicated: 0, differing: 0 });
    expect(result.outcome.figures.acknowledged).toBeGreaterThan(0);
  },
  withinMs,
);
