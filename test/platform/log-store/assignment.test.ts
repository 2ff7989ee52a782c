import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, divide, type Share } from '../../../platform/log-store/assignment.ts';

const share = (key: string, owner?: number): Share => ({ key, topic: key.split('/')[0] ?? '', owner });
const member = (id: number, ...topics: string[]): Candidate => ({ id, topics: new Set(topics) });
const four = (owners: (number | undefined)[]): Share[] => owners.map((owner, index) => share(`many/${index}`, owner));

const shares = fc.array(
  fc.tuple(fc.constantFrom('a', 'b'), fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined })),
  { maxLength: 12 },
);
const members = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.subarray(['a', 'b'], { minLength: 1 })), {
  selector: ([id]) => id,
});

describe('the division of partitions', () => {
  test('gives all to a single member and half to each of two', () => {
    expect([...divide(four([]), [member(1, 'many')]).values()]).toEqual([]);
    expect([
      ...divide(four([undefined, undefined, undefined, undefined]), [member(1, 'many'), member(2, 'many')]).values(),
    ]).toEqual([1, 1, 2, 2]);
  });

  test('moves only what must move when a member joins', () => {
    const target = divide(four([1, 1, 1, 1]), [member(1, 'many'), member(2, 'many')]);
    expect([...target.entries()].filter(([, owner]) => owner === 1)).toHaveLength(2);
  });

  test('moves nothing when it is even already', () => {
    const target = divide(four([2, 1, 2, 1]), [member(1, 'many'), member(2, 'many')]);
    expect(Object.fromEntries(target)).toEqual({ 'many/0': 2, 'many/1': 1, 'many/2': 2, 'many/3': 1 });
  });

  test('gives each partition to one subscriber, if there is one, and to nobody else', () => {
    fc.assert(
      fc.property(shares, members, (given, candidates) => {
        const all = given.map(([topic, owner], index) => share(`${topic}/${index}`, owner));
        const target = divide(
          all,
          candidates.map(([id, topics]) => member(id, ...topics)),
        );
        for (const { key, topic } of all) {
          const subscribers = candidates.filter(([, topics]) => topics.includes(topic)).map(([id]) => id);
          expect(
            subscribers.length === 0 ? target.get(key) === undefined : subscribers.includes(target.get(key) ?? 0),
          ).toBe(true);
        }
      }),
    );
  });

  test('is even to one among members with equal subscriptions, and then stays', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 12 }),
        (count, owners) => {
          const candidates = Array.from({ length: count }, (_, id) => member(id, 'many'));
          const target = divide(four(owners), candidates);
          const loads = candidates.map(({ id }) => [...target.values()].filter((owner) => owner === id).length);
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
          const again = divide(four(owners.map((_, index) => target.get(`many/${index}`))), candidates);
          expect([...again].sort()).toEqual([...target].sort());
        },
      ),
    );
  });

  test('gives no member all of one topic while others have all of another, whoever had what', () => {
    const topics = ['a', 'b', 'c', 'd', 'e', 'f'];
    const everywhere = topics.flatMap((topic) => [0, 1, 2, 3].map((index) => `${topic}/${index}`));
    const anyOwners = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), anyOwners, (count, owners) => {
        const candidates = Array.from({ length: count }, (_, id) => member(id, ...topics));
        const target = divide(
          everywhere.map((key, index) => share(key, owners[index])),
          candidates,
        );
        const spread = (keys: readonly string[]) => {
          const loads = candidates.map(({ id }) => keys.filter((key) => target.get(key) === id).length);
          return Math.max(...loads) - Math.min(...loads);
        };
        for (const topic of topics) {
          expect(spread(everywhere.filter((key) => key.startsWith(topic)))).toBeLessThanOrEqual(1);
        }
        expect(spread(everywhere)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
