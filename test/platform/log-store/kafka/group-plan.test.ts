import { describe, expect, test } from 'vitest';
import { type PlannedMember, planGroup } from '../../../../platform/log-store/kafka/group-plan.ts';

const PARTITIONS = [0, 1, 2, 3].map((partition) => ({ key: `many/${partition}`, topic: 'many' }));
const KEYS = PARTITIONS.map(({ key }) => key);
const member = (id: string, owned: string[] = [], generation = 1): PlannedMember => ({
  id,
  topics: new Set(['many']),
  owned,
  generation,
});

describe('the plan of a group', () => {
  test('gives a lone member everything', () => {
    expect(planGroup([member('a')], PARTITIONS).get('a')).toEqual(KEYS);
  });

  test('gives what must move to nobody until its owner has let go', () => {
    const first = planGroup([member('a', KEYS), member('b')], PARTITIONS);
    expect(first.get('a')).toHaveLength(2);
    expect(first.get('b')).toEqual([]);
    const second = planGroup([member('a', first.get('a')), member('b')], PARTITIONS);
    expect(second.get('a')).toEqual(first.get('a'));
    expect([...(second.get('a') ?? []), ...(second.get('b') ?? [])].sort()).toEqual(KEYS);
  });

  test('leaves everything where it is when the loads are equal', () => {
    const members = [member('a', ['many/1', 'many/2']), member('b', ['many/0', 'many/3'])];
    const plan = planGroup(members, PARTITIONS);
    expect(plan.get('a')).toEqual(['many/1', 'many/2']);
    expect(plan.get('b')).toEqual(['many/0', 'many/3']);
  });

  test('believes the younger of two claims', () => {
    const plan = planGroup([member('a', KEYS.slice(0, 2), 7), member('z', KEYS, 9)], PARTITIONS);
    expect(plan.get('a')).toEqual([]);
    expect(plan.get('z')).toHaveLength(2);
  });

  test('gives nobody a topic it does not read', () => {
    const other = { ...member('b'), topics: new Set(['one']) };
    const plan = planGroup([member('a'), other], [...PARTITIONS, { key: 'one/0', topic: 'one' }]);
    expect(plan.get('a')).toEqual(KEYS);
    expect(plan.get('b')).toEqual(['one/0']);
  });

  test('does not depend on the order in which members are listed', () => {
    const members = [member('b'), member('a'), member('c')];
    expect(planGroup([...members].reverse(), PARTITIONS)).toEqual(planGroup(members, PARTITIONS));
  });
});
