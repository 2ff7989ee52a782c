import { parseArgs } from 'node:util';
import { type Scenario, tenthOf } from './scenario.ts';

export interface ChaosArguments {
  /** With the rounds each is to run. */
  chosen: { scenario: Scenario; rounds: number }[];
  /** File to write the results to. */
  json: string | undefined;
}

const options = {
  rounds: { type: 'string' },
  tenth: { type: 'boolean', default: false },
  json: { type: 'string' },
} as const;

/** What is to run; throws a TypeError that says what cannot be understood. */
export function readArguments(args: readonly string[], scenarios: readonly Scenario[]): ChaosArguments {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const unknown = positionals.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new TypeError(`no scenario is named ${unknown}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0)) {
    throw new TypeError('--rounds is to be a whole number from 1');
  }
  const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return {
    chosen: chosen.map((scenario) => ({
      scenario,
      rounds: rounds ?? (values.tenth ? tenthOf(scenario.rounds) : scenario.rounds),
    })),
    json: values.json,
  };
}
