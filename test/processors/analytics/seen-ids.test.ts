import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDS_PER_CHUNK, MAX_CLOCK_SKEW_MS, SeenIds } from '../../../processors/analytics/seen-ids.ts';
import { DUPLICATE_WINDOW_MS } from '../../../processors/duplicates.ts';

const hour = 3_600_000;

function restore(chunks: ReadonlyMap<number, Uint8Array>): SeenIds {
  const seen = new SeenIds();
  for (const [number, bytes] of [...chunks].sort(([a], [b]) => a - b)) {
    if (bytes.length > 0) seen.restoreChunk(number, bytes);
  }
  return seen;
}

interface Step {
  id: number;
  /** Since the step before. */
  hours: number;
  isSnapshot: boolean;
}

function throughSnapshots(steps: readonly Step[]): boolean[] {
  let seen = new SeenIds();
  const chunks = new Map<number, Uint8Array>();
  let now = 0;
  return steps.map(({ id, hours, isSnapshot }) => {
    now += hours * hour;
    const isRepeated = seen.isRepeated(`client-${id}`, now);
    for (const [number, bytes] of isSnapshot ? seen.takeChunks() : []) chunks.set(number, bytes);
    if (isSnapshot) seen = restore(chunks);
    return isRepeated;
  });
}

function byMap(steps: readonly Step[]): boolean[] {
  const keptAt = new Map<number, number>();
  let now = 0;
  return steps.map(({ id, hours }) => {
    now += hours * hour;
    const before = keptAt.get(id) ?? Number.NEGATIVE_INFINITY;
    const isRepeated = now - before <= DUPLICATE_WINDOW_MS;
    if (!isRepeated) keptAt.set(id, now);
    return isRepeated;
  });
}

describe('ids that were seen', () => {
  it('are those of the last 24 hours, as a map says it, through any number of snapshots', () => {
    const steps = fc.array(
      fc.record({ id: fc.nat(20), hours: fc.integer({ min: 0, max: 9 }), isSnapshot: fc.boolean() }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        expect(throughSnapshots(list)).toEqual(byMap(list));
      }),
    );
  });

  it('write only the chunks that changed, and give up those of which every id is too old when another is full', () => {
    const seen = new SeenIds();
    const add = (from: number, count: number, at: number) => {
      for (let number = from; number < from + count; number++) expect(seen.isRepeated(`id-${number}`, at)).toBe(false);
    };
    add(0, 2 * IDS_PER_CHUNK + 1, 0);
    expect([...seen.takeChunks().keys()]).toEqual([0, 1, 2]);
    expect(seen.takeChunks().size).toBe(0);
    add(10_000, 1, hour);
    expect([...seen.takeChunks()].map(([number, { length }]) => [number, length])).toEqual([[2, 32]]);
    const later = DUPLICATE_WINDOW_MS + MAX_CLOCK_SKEW_MS + 1;
    add(20_000, IDS_PER_CHUNK - 2, later);
    expect([...seen.takeChunks()].map(([number, { length }]) => [number, length])).toEqual([
      [0, 0],
      [1, 0],
      [2, 16 * IDS_PER_CHUNK],
    ]);
    expect(seen.isRepeated('id-20000', later)).toBe(true);
  });

  it('say the same whether or not ids that are too old are still in memory', () => {
    const seen = new SeenIds();
    seen.isRepeated('a', 0);
    seen.isRepeated('b', DUPLICATE_WINDOW_MS + MAX_CLOCK_SKEW_MS + 1);
    // Received, by a clock that is far behind, when `a` was still new.
    expect(seen.isRepeated('a', hour)).toBe(false);
  });
});
