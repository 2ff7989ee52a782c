import { expect, test } from 'vitest';
import { findLiveParts } from '../../../bench/support/live-parts.ts';

test('a merged part replaces the parts it covers, in its own partition only', () => {
  const names = ['202610_1_1_0', '202610_2_2_0', '202610_1_2_1', '202610_3_3_0', '202611_1_1_0'];
  expect(findLiveParts(names)).toEqual(['202610_1_2_1', '202610_3_3_0', '202611_1_1_0']);
});

test('parts of parts of parts count once', () => {
  expect(findLiveParts(['all_1_1_0', 'all_1_4_1', 'all_1_9_2', 'all_5_9_1'])).toEqual(['all_1_9_2']);
});

test('what is no finished part is left out', () => {
  expect(findLiveParts(['detached', 'tmp_merge_202610_1_2_1', 'format_version.txt', '202610_1_1_0_7'])).toEqual([
    '202610_1_1_0_7',
  ]);
});
