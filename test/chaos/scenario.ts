import type { Outcome } from './outcome.ts';

export interface ScenarioRun {
  /** How often the fault is to happen. */
  rounds: number;
  /** Says in a line how far it has come. */
  report: (line: string) => void;
}

/** One fault, done to the real system under load, and the books afterwards. */
export interface Scenario {
  /** As on the command line. */
  name: string;
  fault: string;
  /** Of the full table; CI runs a tenth. */
  rounds: number;
  /** Sees to it that the component comes back by itself after each round. Rejects when it cannot be judged: that fails it as well. */
  run(run: ScenarioRun): Promise<Outcome>;
}

/** What came of one scenario. */
export interface ScenarioResult {
  name: string;
  fault: string;
  rounds: number;
  durationMs: number;
  outcome: Outcome;
  isPassed: boolean;
}

const tenth = 0.1;

/** A tenth of the rounds, one at least. */
export function tenthOf(rounds: number): number {
  return Math.max(1, Math.round(rounds * tenth));
}

/** Runs a scenario; one that rejects has failed, with the error as its violation. */
export async function runScenario(scenario: Scenario, run: ScenarioRun): Promise<ScenarioResult> {
  const { name, fault } = scenario;
  const startedAt = performance.now();
  const outcome = await scenario.run(run).catch(
    (error: unknown): Outcome => ({
      figures: {},
      violations: [error instanceof Error ? error.message : String(error)],
    }),
  );
  const durationMs = performance.now() - startedAt;
  return { name, fault, rounds: run.rounds, durationMs, outcome, isPassed: isPassed(outcome) };
}

/** Whether there is no violation and nothing was lost, duplicated or differs. */
function isPassed({ figures, violations }: Outcome): boolean {
  const { lost = 0, duplicated = 0, differing = 0 } = figures;
  return violations.length === 0 && [lost, duplicated, differing].every((count) => count === 0);
}
