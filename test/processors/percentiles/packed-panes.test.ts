import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BinCounts } from '../../../processors/math/bin-counts.ts';
import { Arena } from '../../../processors/memory/arena.ts';
import { ByteBuffer } from '../../../processors/native/byte-buffer.ts';
import { PackedPanes } from '../../../processors/percentiles/packed-panes.ts';
import { ByteReader } from '../../../processors/snapshots/byte-reader.ts';

type Command =
  | { do: 'merge'; pane: number; bins: Map<number, number> }
  | { do: 'drop'; pane: number }
  | { do: 'restore' };

const pane = fc.integer({ min: -200, max: 30_000_000 });
const near = fc.integer({ min: 29_000_000, max: 29_000_050 });
const bins = fc
  .array(fc.tuple(fc.integer({ min: -3_110, max: 3_110 }), fc.integer({ min: 1, max: 100_000 })), { minLength: 1 })
  .map((entries) => new Map(entries));
const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('merge' as const), pane: fc.oneof(near, near, pane), bins }),
    fc.record({ do: fc.constant('drop' as const), pane: near }),
    fc.record({ do: fc.constant('restore' as const) }),
  ),
);

it('panes hold what a map of maps holds, whatever is merged, dropped and restored', () => {
  fc.assert(
    fc.property(commands, near, near, (list, from, to) => {
      const arena = new Arena();
      let panes = new PackedPanes(arena);
      const model = new Map<number, Map<number, number>>();
      for (const command of list) panes = apply({ panes, arena }, model, command);
      const numbers = numbersOf(panes);
      expect(numbers).toEqual([...model.keys()].sort((a, b) => a - b));
      expect(panes.last).toBe(numbers.at(-1) ?? Number.NEGATIVE_INFINITY);
      expect(panes.isEmpty).toBe(model.size === 0);
      const counts = new BinCounts();
      panes.addTo(counts, { from, to, sign: 1 });
      const expected = countBetween(model, from, to);
      expect(counts.total).toBe(expected.total);
      expect(counts.quantiles([0, 0.5, 1])).toEqual(expected.quantiles([0, 0.5, 1]));
      panes.dropBefore(Number.POSITIVE_INFINITY);
      expect(arena.usedBytes, 'of panes that are gone').toBe(0);
    }),
    { numRuns: 500 },
  );
});

function countBetween(model: Map<number, Map<number, number>>, from: number, to: number): BinCounts {
  const counts = new BinCounts();
  const within = [...model].filter(([number]) => number >= from && number < to);
  for (const [bin, count] of within.flatMap(([, counted]) => [...counted])) counts.add(bin, count);
  return counts;
}

function numbersOf(panes: PackedPanes): number[] {
  const numbers: number[] = [];
  const cursor = panes.seek(Number.NEGATIVE_INFINITY);
  for (; cursor.number < Number.POSITIVE_INFINITY; panes.next(cursor)) numbers.push(cursor.number);
  return numbers;
}

function apply(
  { panes, arena }: { panes: PackedPanes; arena: Arena },
  model: Map<number, Map<number, number>>,
  command: Command,
): PackedPanes {
  if (command.do === 'restore') {
    const out = new ByteBuffer();
    panes.snapshot(out);
    panes.release();
    return PackedPanes.restore(new ByteReader(out.written.slice()), arena);
  }
  if (command.do === 'drop') {
    panes.dropBefore(command.pane);
    for (const number of model.keys()) if (number < command.pane) model.delete(number);
    return panes;
  }
  panes.merge(command.pane, [...command.bins].sort(([a], [b]) => a - b).flat());
  const merged = model.get(command.pane) ?? new Map<number, number>();
  for (const [bin, count] of command.bins) merged.set(bin, (merged.get(bin) ?? 0) + count);
  model.set(command.pane, merged);
  return panes;
}
