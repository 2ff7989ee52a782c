import { ClickHouseUnavailableError, type NativeInsert } from '../../platform/clickhouse.ts';
import { readNativeBlock } from '../support/native-reader.ts';
import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import {
  aggregate,
  type Cell,
  cellsOfEvents,
  createTables,
  type EventRow,
  monthOf,
  type RollupTable,
  rollupTables,
  type Tables,
  toEventRow,
  toPointRow,
} from './tables.ts';

/** One part of one insert: the rows of one month. */
interface Part {
  table: string;
  month: string;
  /** Undefined: stored whatever was stored before. */
  token: string | undefined;
  store: () => void;
}

/**
 * A plain MergeTree server without SQL: inserts go through tokens, parts and views one after the other, taking time, and a kill ends
 * everything where it is. A token is remembered with its part, or without it when the kill comes between the two.
 */
export class Engine {
  readonly tables: Tables = createTables();
  readonly #clock: Clock;
  readonly #random: Random;
  /** Where raw rows are. */
  readonly rawTable: 'events' | 'points';
  readonly #tokens = new Set<string>();
  readonly #running = new Set<string>();
  /** Tokens about to be remembered, one a running insert. */
  readonly #next = new Set<string>();
  #life = 0;
  #downUntil = 0;
  #frozenUntil = 0;
  /** Of one step, at most. */
  stepMs = 10;

  constructor(clock: Clock, random: Random, rawTable: 'events' | 'points' = 'events') {
    this.rawTable = rawTable;
    this.#clock = clock;
    this.#random = random;
  }

  kill(downMs: number, losesTokens: boolean): void {
    this.#life += 1;
    this.#downUntil = this.#clock.now() + downMs;
    for (const token of this.#next) if (this.#random.isHit(0.5)) this.#tokens.add(token);
    if (losesTokens) this.#tokens.clear();
    this.#next.clear();
    this.#running.clear();
  }

  /** Takes requests and does nothing with them until then. */
  freeze(ms: number): void {
    this.#frozenUntil = this.#clock.now() + ms;
  }

  get nowSeconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** Query ids. */
  get running(): string[] {
    return [...this.#running];
  }

  isRunning(queryId: string): boolean {
    return [...this.#running].some((running) => running.startsWith(queryId));
  }

  /** One statement: begins, takes a step, and is done at once. */
  async run<Result>(work: () => Result, queryId?: string): Promise<Result> {
    return this.#statement(queryId, async (step) => {
      await step();
      return work();
    });
  }

  /** A statement that looks when it begins and changes when it ends. */
  async change<Seen>(look: () => Seen, apply: (seen: Seen) => void, queryId?: string): Promise<void> {
    await this.#statement(queryId, async (step) => {
      const seen = look();
      await step();
      apply(seen);
    });
  }

  async insert({ body, token, queryId, settings }: NativeInsert): Promise<void> {
    const rows = readNativeBlock(body).map(this.rawTable === 'points' ? toPointRow : toEventRow);
    const viewsLook = settings?.deduplicate_blocks_in_dependent_materialized_views === 1;
    await this.#statement(queryId, async (step) => {
      const taken: EventRow[] = [];
      for (const [month, part] of groupByMonth(rows, (row) => row.at)) {
        const store = () => this.tables.events.push(...part);
        if (await this.#storePart(step, { table: 'events', month, token, store })) taken.push(...part);
      }
      await this.#feedFromEvents(step, viewsLook ? rows : taken, viewsLook ? token : undefined);
    });
  }

  /** INSERT SELECT into a rollup: what is read is read at the beginning, and goes on through the views. */
  async fill(rollup: RollupTable, read: () => Cell[], queryId?: string): Promise<void> {
    await this.#statement(queryId, async (step) => {
      const cells = read();
      await step();
      await this.#storeCells(step, { rollup, cells, token: undefined });
    });
  }

  async #statement<Result>(
    queryId: string | undefined,
    work: (step: () => Promise<void>) => Promise<Result>,
  ): Promise<Result> {
    const life = this.#life;
    const step = () => this.#step(life);
    await step();
    if (queryId !== undefined && this.#running.has(queryId))
      throw new ClickHouseUnavailableError(`${queryId} is already running`);
    if (queryId !== undefined) this.#running.add(queryId);
    try {
      return await work(step);
    } finally {
      if (life === this.#life && queryId !== undefined) this.#running.delete(queryId);
    }
  }

  async #step(life: number): Promise<void> {
    await this.#clock.sleep(this.#random.between(1, this.stepMs));
    while (this.#clock.now() < this.#frozenUntil && life === this.#life) {
      await this.#clock.sleep(this.#frozenUntil - this.#clock.now() + this.#random.between(0, 3));
    }
    if (life !== this.#life || this.#clock.now() < this.#downUntil)
      throw new ClickHouseUnavailableError('the connection broke');
  }

  async #storePart(step: () => Promise<void>, { table, month, token, store }: Part): Promise<boolean> {
    const known = token === undefined ? undefined : `${table} ${token} ${month}`;
    if (known !== undefined) this.#next.add(known);
    await step();
    if (known !== undefined) this.#next.delete(known);
    if (known !== undefined && this.#tokens.has(known)) return false;
    if (known !== undefined) this.#tokens.add(known);
    store();
    return true;
  }

  async #feedFromEvents(
    step: () => Promise<void>,
    rows: readonly EventRow[],
    token: string | undefined,
  ): Promise<void> {
    const ids = rows.filter(({ clientId }) => clientId);
    const storeIds = () => this.tables.eventIds.push(...ids);
    if (ids.length > 0) await this.#storePart(step, { table: 'event_ids', month: '', token, store: storeIds });
    const totals = rows.filter(({ total }) => total !== undefined);
    const storeTotals = () => this.tables.totals.push(...totals);
    if (totals.length > 0)
      await this.#storePart(step, { table: 'series_totals', month: '', token, store: storeTotals });
    for (const rollup of rollupTables) {
      if (rollup.source === 'events')
        await this.#storeCells(step, { rollup, cells: cellsOfEvents(rows, rollup), token });
    }
  }

  async #storeCells(
    step: () => Promise<void>,
    fed: { rollup: RollupTable; cells: Cell[]; token: string | undefined },
  ): Promise<void> {
    const { rollup, cells, token } = fed;
    const { table } = rollup;
    for (const [month, part] of groupByMonth(cells, ({ at }) => at * 1000)) {
      const store = () => this.tables.cells.get(table)?.push(...part);
      await this.#storePart(step, { table, month, token, store });
    }
    for (const next of rollupTables) {
      if (next.source !== table || cells.length === 0) continue;
      await this.#storeCells(step, { rollup: next, cells: aggregate(cells, next.bucketSeconds), token });
    }
  }
}

function groupByMonth<Row>(rows: readonly Row[], at: (row: Row) => number): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => monthOf(at(row)));
}
