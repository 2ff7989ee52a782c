import type { Log } from '../log.ts';
import { type Budget, type BudgetStore, decide, type RateDecision, startOfWindow } from './budget.ts';
import { createLeaseQueue, type TakeLease } from './lease-queue.ts';
import {
  createHolding,
  type Holding,
  isExhausted,
  isTimeToTakeAhead,
  nextCount,
  onLeased,
  remainingOf,
} from './leased-budget.ts';
import { createLocalBudgets } from './local-budgets.ts';
import { createStoreState, type LimitMetrics, type StoreState } from './store-state.ts';

/** Budgets a process holds parts of at the same time; beyond it the one it has held longest is let go. */
export const MAX_HOLDINGS = 100_000;

export interface SharedBudgets {
  /** Counts one request; at once as long as this process holds some of the budget. `nowMs` in milliseconds since the epoch. */
  take(budget: Budget, nowMs: number): RateDecision | Promise<RateDecision>;
  /** Where the caller stands, without counting. */
  peek(budget: Budget, nowMs: number): RateDecision;
}

export interface SharedBudgetsOptions {
  store: BudgetStore;
  log: Log;
  metrics?: LimitMetrics;
}

/**
 * Budgets that all processes with the same store spend together: never more than the limit in a window, less by what others hold
 * unspent at its end. While the store is away each process counts alone, so limits hold per process and nobody is locked out.
 */
export function createSharedBudgets({ store, log, metrics }: SharedBudgetsOptions): SharedBudgets {
  const budgets = new HeldBudgets(createLeaseQueue(store), createStoreState(log, metrics));
  return {
    take: (budget, nowMs) => budgets.take(budget, nowMs),
    peek: (budget, nowMs) => budgets.peek(budget, nowMs),
  };
}

class HeldBudgets {
  #holdings = new Map<string, Holding>();
  #pending = new WeakMap<Holding, Promise<void>>();
  #alone = createLocalBudgets();
  #takeLease: TakeLease;
  #state: StoreState;

  constructor(takeLease: TakeLease, state: StoreState) {
    this.#takeLease = takeLease;
    this.#state = state;
  }

  take(budget: Budget, nowMs: number): RateDecision | Promise<RateDecision> {
    const holding = this.#holdingOf(budget, nowMs);
    return this.#spend(holding, nowMs) ?? this.#takeWhenLeased(holding, nowMs);
  }

  peek(budget: Budget, nowMs: number): RateDecision {
    return decide(budget, remainingOf(this.#holdingOf(budget, nowMs)), nowMs);
  }

  #spend(holding: Holding, nowMs: number): RateDecision | undefined {
    if (holding.available > 0) {
      holding.available--;
      if (isTimeToTakeAhead(holding) && this.#state.mayAsk(nowMs)) void this.#lease(holding, nowMs);
      return decide(holding.budget, remainingOf(holding), nowMs);
    }
    return isExhausted(holding) ? decide(holding.budget, -1, nowMs) : undefined;
  }

  async #takeWhenLeased(holding: Holding, nowMs: number): Promise<RateDecision> {
    while (this.#state.mayAsk(nowMs)) {
      holding.waiting++;
      await this.#lease(holding, nowMs);
      holding.waiting--;
      const decision = this.#spend(holding, nowMs);
      if (decision !== undefined) return decision;
    }
    this.#state.onCountedAlone();
    return this.#alone.take(holding.budget, nowMs);
  }

  /** One lease of a holding at a time; who comes meanwhile waits for it. Never rejects: the state of the store tells. */
  #lease(holding: Holding, nowMs: number): Promise<void> {
    const pending = this.#pending.get(holding);
    if (pending !== undefined) return pending;
    const started = this.#fetch(holding, nowMs).finally(() => this.#pending.delete(holding));
    this.#pending.set(holding, started);
    return started;
  }

  async #fetch(holding: Holding, nowMs: number): Promise<void> {
    const { budget, windowStartMs } = holding;
    const count = nextCount(holding);
    try {
      const { bucket, windowMs } = budget;
      onLeased(holding, count, await this.#takeLease({ bucket, windowStartMs, windowMs, count }));
      this.#state.onAnswer();
    } catch (error) {
      this.#state.onFailure(error, nowMs);
    }
  }

  #holdingOf(budget: Budget, nowMs: number): Holding {
    const windowStartMs = startOfWindow(nowMs, budget.windowMs);
    const held = this.#holdings.get(budget.bucket);
    if (held?.windowStartMs === windowStartMs && held.budget.limit === budget.limit) return held;
    if (held === undefined && this.#holdings.size >= MAX_HOLDINGS) this.#letGoOfOldest();
    const holding = createHolding(budget, windowStartMs);
    // Deleted first, so that the order of the map is that of the windows.
    this.#holdings.delete(budget.bucket);
    this.#holdings.set(budget.bucket, holding);
    return holding;
  }

  #letGoOfOldest(): void {
    const [oldest] = this.#holdings.keys();
    if (oldest !== undefined) this.#holdings.delete(oldest);
  }
}
