import type { ClickHouse } from '../../platform/clickhouse.ts';
import { insertsHaveEnded } from '../running-inserts.ts';
import { type CellMark, type Comparison, findDifferentCells } from './compare-cells.ts';

export interface Settled {
  /** Cells that differ though nothing is being written to them. */
  wrong: CellMark[];
  /** How many others differed at every look, each time in another way: they are being written to and were not judged. */
  unsettled: number;
}

export interface SettleOptions {
  /** Between two looks, at least; what one server stored then has reached its replicas. */
  pauseMs?: number;
  /** How long inserts under way are waited for. */
  maxWaitMs?: number;
}

/** Looks after the first before a cell that keeps changing is left for another time. */
const maxLooks = 4;
const defaultPauseMs = 500;
const defaultMaxWaitMs = 30_000;

/**
 * The cells of a part that are wrong. A view is fed a moment after its source, so a look may find a cell differing that is sound a moment
 * later: a cell is wrong when two looks find it differing in the same way and no insert that ran at the first still runs at the second.
 */
export async function findWrongCells(
  clickhouse: ClickHouse,
  part: Comparison,
  { pauseMs = defaultPauseMs, maxWaitMs = defaultMaxWaitMs }: SettleOptions = {},
): Promise<Settled> {
  let before = await findDifferentCells(clickhouse, part);
  let wrong: CellMark[] = [];
  for (let look = 0; look < maxLooks && before.length > wrong.length; look++) {
    if (!(await insertsHaveEnded(clickhouse, { pauseMs, maxWaitMs }))) return { wrong: [], unsettled: before.length };
    const now = await findDifferentCells(clickhouse, part);
    wrong = bothTimes(before, now);
    before = now;
  }
  return { wrong, unsettled: before.length - wrong.length };
}

function bothTimes(before: readonly CellMark[], now: readonly CellMark[]): CellMark[] {
  const values = new Map(before.map((mark) => [mark.cell, mark.values]));
  return now.filter((mark) => values.get(mark.cell) === mark.values);
}
