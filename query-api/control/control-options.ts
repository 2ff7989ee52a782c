import type { Sql } from '../../platform/postgres.ts';
import type { Pepper } from '../../platform/tenancy/pepper.ts';

/** What the control plane works with. */
export interface ControlOptions {
  sql: Sql;
  pepper: Pepper;
  /** Milliseconds since the epoch. */
  now: () => number;
}
