import { createLocalBudgets } from '../limits/local-budgets.ts';
import { createMemoryBudgetStore } from '../limits/memory-budget-store.ts';
import { createSharedBudgets, type SharedBudgets } from '../limits/shared-budgets.ts';
import type { Log } from '../log.ts';
import { createCallerBudgets } from './caller-budgets.ts';
import { RATE_LIMITS, RATE_WINDOW_MS, type RateLimitOptions, type RateLimits } from './rate-limit.ts';

export interface RateLimitingOptions {
  config: { rateLimits: boolean | Partial<RateLimits> };
  /** Absent: this process has the budgets for itself. */
  budgets?: SharedBudgets;
  log: Log;
  now?: () => number;
}

/** The request limits of a server as configured; undefined when they are off. */
export function createRateLimiting({
  config,
  budgets,
  log,
  now = Date.now,
}: RateLimitingOptions): RateLimitOptions | undefined {
  const { rateLimits } = config;
  if (rateLimits === false) return undefined;
  const limits = rateLimits === true ? RATE_LIMITS : { ...RATE_LIMITS, ...rateLimits };
  return {
    limits,
    budgets: createCallerBudgets({ limits, windowMs: RATE_WINDOW_MS }),
    shared: budgets ?? createSharedBudgets({ store: createMemoryBudgetStore(), log }),
    strangers: createLocalBudgets(),
    now,
  };
}
