import { expect, it } from 'vitest';
import { RangeSlots } from '../../processors/range-slots.ts';

const { signal } = new AbortController();

it('gives so many places at a time, and the next in turn', async () => {
  const slots = new RangeSlots(2);
  const order: string[] = [];
  const [first, second] = [await slots.take(signal), await slots.take(signal)];
  const third = slots.take(signal).then((release) => {
    order.push('third');
    return release;
  });
  const fourth = slots.take(signal).then(() => order.push('fourth'));
  await Promise.resolve();
  expect(order).toEqual([]);
  first();
  first(); // Given back already.
  const release = await third;
  expect(order).toEqual(['third']);
  second();
  await fourth;
  release();
  expect(order).toEqual(['third', 'fourth']);
});

it('lets whoever gives up wait no longer, and nobody else miss a turn', async () => {
  const slots = new RangeSlots(1);
  const release = await slots.take(signal);
  const abort = new AbortController();
  const impatient = slots.take(abort.signal);
  const patient = slots.take(signal);
  abort.abort(new Error('enough'));
  await expect(impatient).rejects.toThrow('enough');
  release();
  await patient;
  await expect(slots.take(abort.signal)).rejects.toThrow('enough');
});
