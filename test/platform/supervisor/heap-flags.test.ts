import { expect, it } from 'vitest';
import { heapFlags, TIER_HEAPS } from '../../../platform/supervisor/heap-flags.ts';

it('sizes the young space of every tier, and the growth of the old one where that is wanted, and lets all give memory back', () => {
  expect(heapFlags()).toEqual(['--expose-gc', '--max-semi-space-size=8']);
  expect(heapFlags(TIER_HEAPS.ingest)).toEqual(['--expose-gc', '--max-semi-space-size=32']);
  expect(heapFlags(TIER_HEAPS.queryApi)).toEqual([
    '--expose-gc',
    '--max-semi-space-size=8',
    '--heap-growing-percent=40',
  ]);
});
