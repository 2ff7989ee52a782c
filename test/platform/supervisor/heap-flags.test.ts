import { expect, it } from 'vitest';
import { heapFlags, TIER_HEAPS } from '../../../platform/supervisor/heap-flags.ts';

it('sizes the young space of every tier, and the growth of the old one where that is wanted', () => {
  expect(heapFlags()).toEqual(['--max-semi-space-size=8']);
  expect(heapFlags(TIER_HEAPS.ingest)).toEqual(['--max-semi-space-size=32', '--heap-growing-percent=200']);
  expect(heapFlags(TIER_HEAPS.queryApi)).toEqual(['--max-semi-space-size=8', '--heap-growing-percent=40']);
  expect(heapFlags(TIER_HEAPS.processors)).toEqual(['--max-semi-space-size=8', '--heap-growing-percent=200']);
});
