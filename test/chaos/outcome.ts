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
