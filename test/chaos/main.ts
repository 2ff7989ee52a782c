import { writeFile } from 'node:fs/promises';
import { type ChaosArguments, readArguments } from './read-arguments.ts';
import { runScenario, type ScenarioResult } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { renderResults } from './table.ts';

// npm run chaos: faults done to the real system under load, and the table of what came of them. Exit code 1 when one fails.
const names = scenarios.map(({ name, rounds, fault }) => `  ${name.padEnd(24)} ${fault} (${rounds})`).join('\n');
const usage = `usage: npm run chaos -- [<scenario>...] [--rounds <number>] [--tenth] [--json <file>]
${names}`;

try {
  process.exitCode = await run(readArguments(process.argv.slice(2), scenarios));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n${usage}`);
  process.exitCode = 2;
}

async function run({ chosen, json }: ChaosArguments): Promise<number> {
  const results: ScenarioResult[] = [];
  for (const { scenario, rounds } of chosen) {
    const report = (line: string) => console.error(`${new Date().toISOString()} ${scenario.name}: ${line}`);
    report(`${rounds} rounds`);
    results.push(await runScenario(scenario, { rounds, report }));
    if (json !== undefined) await writeFile(json, JSON.stringify(results, null, 2));
  }
  console.log(renderResults(results));
  return results.every(({ isPassed }) => isPassed) ? 0 : 1;
}
