import { describe, expect, it } from 'vitest';
import {
  badDesigns,
  type Design,
  draftDesigns,
  goodDesigns,
  reconcilePath,
  replicatedReconcile,
  tokenPath,
} from './designs.ts';
import { explore, type Verdict } from './explore.ts';
import type { World } from './world.ts';

/** `TRACE=1 npx vitest run --project proof test/model` prints a shortest way to a bad end of every design that has one. */
const isTraced = process.env.TRACE === '1';
const timeoutMs = 60_000;

const small = { records: 2, months: 'one', machines: 'one', faults: 2 } as const;

function check(design: Design, world: Partial<World> = {}): Verdict {
  const verdict = explore({ ...small, ...world, design });
  const { states, ends, badEnds, hopeless, trace } = verdict;
  if (isTraced) console.log(`${design.name}: ${states} states, ${ends} ends, ${badEnds} bad, ${hopeless} hopeless`);
  if (isTraced && badEnds > 0) console.log(trace.map((line) => `  ${line}`).join('\n'));
  return verdict;
}

describe('sink protocol', () => {
  it.each(badDesigns)('loses or repeats records with: $name', (design) => {
    const verdict = check(design);
    expect(verdict.badEnds).toBeGreaterThan(0);
    expect(verdict.trace.length).toBeGreaterThan(1);
  });

  it.each(draftDesigns)(
    'loses or repeats records with: $design.name',
    ({ design, world }) => {
      expect(check(design, world).badEnds).toBeGreaterThan(0);
    },
    timeoutMs,
  );

  it.each([
    { design: tokenPath, faults: 3 },
    { design: reconcilePath, faults: 2 },
    { design: replicatedReconcile, faults: 2 },
  ])(
    'stores every record once with: $design.name, at $faults faults',
    ({ design, faults }) => {
      expect(check(design, { faults })).toMatchObject({ badEnds: 0, hopeless: 0 });
    },
    timeoutMs,
  );

  it.each(goodDesigns)(
    'stores every record once where a range has parts in two months: $name',
    (design) => {
      expect(check(design, { months: 'each' })).toMatchObject({ badEnds: 0, hopeless: 0 });
    },
    timeoutMs,
  );

  it.each(goodDesigns)(
    'stores every record of three once: $name',
    (design) => {
      expect(check(design, { records: 3 })).toMatchObject({ badEnds: 0, hopeless: 0 });
    },
    timeoutMs,
  );

  it(
    'has a limit on plain MergeTree: workers that outlive a machine which loses its tokens',
    () => {
      expect(check(reconcilePath, { machines: 'several' }).badEnds).toBeGreaterThan(0);
      expect(check(tokenPath, { machines: 'several' }).badEnds).toBe(0);
    },
    timeoutMs,
  );

  it(
    'has a limit on plain MergeTree: an insert that begins when a whole reconcile has passed, after a kill between table and view',
    () => {
      const { badEnds, trace } = check(reconcilePath, { faults: 3 });
      expect(badEnds).toBeGreaterThan(0);
      expect(trace).toContain('FAULT: ClickHouse is killed');
      expect(trace.filter((line) => line === 'FAULT: worker A gives up waiting')).toHaveLength(2);
      expect(trace.at(-1)).toMatch(/^raw 1,1/);
    },
    timeoutMs,
  );

  it('finds a shortest way to a bad end', () => {
    const [first] = badDesigns;
    if (first === undefined) throw new Error('there are no bad designs');
    expect(check(first, { faults: 1 }).trace.filter((line) => line.startsWith('FAULT'))).toHaveLength(1);
  });
});
