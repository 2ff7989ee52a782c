import type { Request, Step } from './state.ts';
import type { World } from './world.ts';

/** One way to build the sink. What a design does not do is a fault the checker can use against it. */
export interface Design {
  name: string;
  /** The range is committed before it is inserted, so that a successor repeats exactly the same range. */
  plansBeforeInsert: boolean;
  /** The offset moves after the insert, or before it. */
  advances: 'after_insert' | 'before_insert';
  /** Inserts carry a token made of the range. */
  hasToken: boolean;
  /** The tables views write to look at the token too (`deduplicate_blocks_in_dependent_materialized_views`). */
  viewsDeduplicate: boolean;
  /**
   * `replicated`: token and part are one transaction, and survive. `plain`: a kill may come between token and part, and tokens are lost with
   * the machine.
   */
  engine: 'plain' | 'replicated';
  /** What follows a doubtful insert: the same insert again, or a look at what is there. */
  inDoubt: 'insert_again' | 'reconcile';
  /** Reconcile asks whether an earlier statement still runs: once before its first look at the rows, or before and after every look. */
  checksRunning: 'once' | 'around_looks';
  /**
   * Reconcile inserts what is missing under the range's token first, then under the token and the number of the attempt; or under a token
   * that also depends on what is missing.
   */
  keepsToken: boolean;
  /**
   * Statements of a range that carry its name as query id: ClickHouse can be asked whether one of them runs, and refuses to begin another
   * meanwhile.
   */
  named: 'none' | 'inserts' | 'all';
  /** A worker asks the log before it writes, and so learns in time that the partition has moved. */
  confirms: boolean;
  /** A repair fills a cell only when it is empty. */
  fillsEmptyOnly: boolean;
  /** A statement of a repair does nothing when it begins later than its sender may wait for it or hold the partition unseen. */
  repairsExpire: boolean;
}

export const tokenPath: Design = {
  name: 'plan, token, views deduplicate, ReplicatedMergeTree',
  plansBeforeInsert: true,
  advances: 'after_insert',
  hasToken: true,
  viewsDeduplicate: true,
  engine: 'replicated',
  inDoubt: 'insert_again',
  checksRunning: 'around_looks',
  keepsToken: true,
  named: 'none',
  confirms: false,
  fillsEmptyOnly: false,
  repairsExpire: false,
};

export const reconcilePath: Design = {
  ...tokenPath,
  name: 'plan, reconcile, plain MergeTree',
  engine: 'plain',
  inDoubt: 'reconcile',
  named: 'all',
  confirms: true,
  fillsEmptyOnly: true,
  repairsExpire: true,
};

/** Designs that lose or repeat records. */
export const badDesigns: readonly Design[] = [
  { ...tokenPath, name: 'no token', hasToken: false, viewsDeduplicate: false },
  { ...tokenPath, name: 'token without a planned boundary', plansBeforeInsert: false },
  { ...tokenPath, name: 'views do not deduplicate', viewsDeduplicate: false },
  { ...tokenPath, name: 'plain MergeTree, tokens trusted', engine: 'plain' },
  { ...tokenPath, name: 'advance before insert', advances: 'before_insert' },
];

/** Our reconcile without one of its details, and the smallest world in which that matters: what each detail is for. */
export const draftDesigns: readonly { design: Design; world: Partial<World> }[] = [
  { design: draft('asks once whether a statement runs', { checksRunning: 'once' }), world: { faults: 1 } },
  { design: draft('cannot see inserts', { named: 'none' }), world: { faults: 1 } },
  { design: draft('is over views that do not deduplicate', { viewsDeduplicate: false }), world: { faults: 1 } },
  { design: draft('fills what is not empty', { fillsEmptyOnly: false }), world: { faults: 1 } },
  { design: draft('cannot see repairs', { named: 'inserts' }), world: { faults: 2 } },
  { design: draft('lets repairs begin late', { repairsExpire: false }), world: { faults: 2 } },
  { design: draft('does not ask the log before it writes', { confirms: false }), world: { faults: 2 } },
  {
    design: draft('has tokens that depend on what is missing', { keepsToken: false }),
    world: { faults: 2, months: 'each' },
  },
];

function draft(name: string, without: Partial<Design>): Design {
  return { ...reconcilePath, ...without, name: `reconcile that ${name}` };
}

/** The first is for production, the second is ours on the embedded engine. */
export const goodDesigns: readonly Design[] = [tokenPath, reconcilePath];

/** The same code where ClickHouse is replicated. */
export const replicatedReconcile: Design = {
  ...reconcilePath,
  name: 'plan, reconcile, ReplicatedMergeTree',
  engine: 'replicated',
};

/** The first step of a worker that finds a plan, or whose insert went wrong. */
export function stepInDoubt({ inDoubt }: Design): Step {
  return inDoubt === 'insert_again' ? 'insert' : 'check';
}

/** Whether a statement carries the name of its range. */
export function isNamed({ named }: Design, { kind }: Pick<Request, 'kind'>): boolean {
  return named === 'all' || (named === 'inserts' && kind === 'insert');
}
