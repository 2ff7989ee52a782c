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
      let model: Point[] = [];
      for (const step of list) {
        if (step === 'restore') points = restored(points);
        else if ('closed' in step) model = expectTaken(points, model, step.closed);
        else model.push(...added(points, step));
        expect(points.isEmpty).toBe(model.length === 0);
      }
      expect(points.firstMinute).toBe(Math.min(...model.map(({ minute }) => minute)));
    }),
  );
});

interface Point {
  minute: number;
  bin: number;
}

/** What is left of the model. */
function expectTaken(points: PendingPoints, model: readonly Point[], closed: number): Point[] {
  expect(points.take(closed)).toEqual(counted(model.filter(({ minute }) => minute < closed)));
  return model.filter(({ minute }) => minute >= closed);
}

function added(points: PendingPoints, { times, minute, bin }: Point & { times: number }): Point[] {
  return Array.from({ length: times }, () => {
    points.add(minute, bin);
    return { minute, bin };
  });
}

function restored(points: PendingPoints): PendingPoints {
  const out = new ByteBuffer();
  points.snapshot(out);
  return PendingPoints.restore(new ByteReader(out.written.slice()));
}

function counted(points: readonly Point[]) {
  const minutes = [...Map.groupBy(points, ({ minute }) => minute)].sort(([a], [b]) => a - b);
  return minutes.map(([minute, own]) => {
    const bins = [...Map.groupBy(own, ({ bin }) => bin)].sort(([a], [b]) => a - b);
    return { minute, bins: bins.flatMap(([bin, { length }]) => [bin, length]) };
  });
}
