import { describe, expect, it } from 'vitest';
import { badDesigns, type Design, draftDesigns, goodDesigns, replicatedReconcile } from './designs.ts';
import { explore, type Verdict } from './explore.ts';
import type { World } from './world.ts';

/** `TRACE=1 npx vitest run --project unit test/model` prints a shortest way to a bad end of every design that has one. */
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
    'needs every detail: $design.name',
    ({ design, world }) => {
      expect(check(design, world).badEnds).toBeGreaterThan(0);
    },
    timeoutMs,
  );

  it.each([...goodDesigns, replicatedReconcile])(
    'stores every record once with: $name',
    (design) => {
      expect(check(design, { faults: 3 })).toMatchObject({ badEnds: 0, hopeless: 0 });
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
    'has a limit: workers that outlive a machine on which plain MergeTree loses its tokens',
    () => {
      for (const [index, design] of goodDesigns.entries()) {
        expect(check(design, { machines: 'several' }).badEnds > 0).toBe(index === 1);
      }
    },
    timeoutMs,
  );

  it('finds a shortest way to a bad end', () => {
    const [first] = badDesigns;
    if (first === undefined) throw new Error('there are no bad designs');
    expect(check(first, { faults: 1 }).trace.filter((line) => line.startsWith('FAULT'))).toHaveLength(1);
  });
});
