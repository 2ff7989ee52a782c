import type { Budget } from '../limits/budget.ts';
import type { Principal } from '../tenancy/tenancy.ts';
import type { RateCategory } from './route-config.ts';

/** The budget of a caller in a category. */
export type CallerBudgets = (principal: Principal, category: RateCategory) => Budget;

export interface CallerBudgetsOptions {
  limits: Readonly<Record<RateCategory, number>>;
  windowMs: number;
}

/**
 * Budgets of credentials, made once for each principal and category. A busy key asks for the same one with every request: a name put
 * together anew would have to be hashed anew to be looked up. They go when the directory lets go of the principal.
 */
export function createCallerBudgets({ limits, windowMs }: CallerBudgetsOptions): CallerBudgets {
  const known = new WeakMap<Principal, Partial<Record<RateCategory, Budget>>>();
  const make = ({ credentialId }: Principal, category: RateCategory): Budget => ({
    bucket: `${credentialId} ${category}`,
    limit: limits[category],
    windowMs,
  });
  return (principal, category) => {
    const budgets = known.get(principal) ?? {};
    const budget = budgets[category];
    if (budget !== undefined) return budget;
    const made = make(principal, category);
    known.set(principal, { ...budgets, [category]: made });
    return made;
  };
}
