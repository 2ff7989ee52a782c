import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteBuffer } from '../../../processors/native/byte-buffer.ts';
import { PendingPoints } from '../../../processors/percentiles/pending-points.ts';
import { ByteReader } from '../../../processors/snapshots/byte-reader.ts';

const point = fc.record({
  minute: fc.integer({ min: 0, max: 5 }),
  bin: fc.integer({ min: -4, max: 4 }),
  times: fc.constantFrom(1, 1, 1, 600),
});
const steps = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: point },
    fc.record({ closed: fc.integer({ min: -1, max: 6 }) }),
    fc.constant('restore' as const),
  ),
);

it('points that are pending are counted by minute and bin, in any order, through snapshots', () => {
  fc.assert(
    fc.property(steps, (list) => {
      let points = new PendingPoints();
      let model: { minute: number; bin: number }[] = [];
      for (const step of list) {
        const closed = step !== 'restore' && 'closed' in step ? step.closed : undefined;
        const added = step !== 'restore' && 'times' in step ? Array.from({ length: step.times }, () => step) : [];
        if (step === 'restore') points = restored(points);
        if (closed !== undefined) expect(points.take(closed)).toEqual(counted(before(model, closed)));
        for (const { minute, bin } of added) points.add(minute, bin);
        model = [...model.filter(({ minute }) => minute >= (closed ?? minute)), ...added];
        expect(points.isEmpty).toBe(model.length === 0);
      }
      expect(points.firstMinute).toBe(Math.min(...model.map(({ minute }) => minute)));
    }),
  );
});

const before = (model: readonly { minute: number; bin: number }[], closed: number) =>
  model.filter(({ minute }) => minute < closed);

function restored(points: PendingPoints): PendingPoints {
  const out = new ByteBuffer();
  points.snapshot(out);
  return PendingPoints.restore(new ByteReader(out.written.slice()));
}

function counted(points: readonly { minute: number; bin: number }[]) {
  const minutes = [...Map.groupBy(points, ({ minute }) => minute)].sort(([a], [b]) => a - b);
  return minutes.map(([minute, own]) => {
    const bins = [...Map.groupBy(own, ({ bin }) => bin)].sort(([a], [b]) => a - b);
    return { minute, bins: bins.flatMap(([bin, { length }]) => [bin, length]) };
  });
}
