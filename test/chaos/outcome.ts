/** What a scenario saw. */
export interface Outcome {
  /** By name, units last. */
  figures: Record<string, number | string>;
  /** What must not be, in words; none when it passed. */
  violations: string[];
}

/** The sentences whose condition holds. */
export function violationsOf(checks: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(checks).flatMap(([sentence, isViolated]) => (isViolated ? [sentence] : []));
}

const added = new Set(['acknowledged', 'lost', 'duplicated', 'differing']);

/** The outcome of several rounds, each begun anew: the books are added up, of other figures the largest counts (of texts the last). */
export async function runRounds(
  { rounds, report }: { rounds: number; report: (line: string) => void },
  run: (round: number) => Promise<Outcome>,
): Promise<Outcome> {
  const total: Outcome = { figures: {}, violations: [] };
  for (let round = 1; round <= rounds; round++) {
    const { figures, violations } = await run(round);
    report(`round ${round}: ${JSON.stringify(figures)} ${violations.join('; ')}`);
    for (const [name, value] of Object.entries(figures)) total.figures[name] = merge(name, total.figures[name], value);
    total.violations.push(...violations.map((violation) => `round ${round}: ${violation}`));
  }
  return total;
}

function merge(name: string, before: number | string | undefined, value: number | string): number | string {
  if (typeof before !== 'number' || typeof value !== 'number') return value;
  return added.has(name) ? before + value : Math.max(before, value);
}
