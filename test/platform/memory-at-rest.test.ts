import { expect, it } from 'vitest';
import { createRestWatch, REST_LOOKS, WORK_SHARE } from '../../platform/memory-at-rest.ts';

const idle = WORK_SHARE / 2;
const rest = Array.from({ length: REST_LOOKS }, () => idle);
const answers = (looks: readonly number[]) => looks.map(createRestWatch());

it('collects once a start is over, and not again in the same rest', () => {
  expect(answers([...rest, ...rest])).toEqual([...rest.slice(1).map(() => false), true, ...rest.map(() => false)]);
});

it('collects again after each time of work', () => {
  expect(answers([...rest, WORK_SHARE, ...rest]).filter(Boolean)).toHaveLength(2);
});

it('takes a short pause between two loads for no rest', () => {
  expect(answers([1, ...rest.slice(1), 1, ...rest.slice(1), 1])).not.toContain(true);
});
