import { describe, expect, it } from 'vitest';
import {
  confirmedLifeMs,
  loadDeadlineMs,
  maxLoads,
  retryPauseMs,
  staleLifeMs,
  unconfirmedLifeMs,
} from '../../../platform/tenancy/cache-limits.ts';
import { FreshCache } from '../../../platform/tenancy/fresh-cache.ts';
import { createOutage } from '../../../platform/tenancy/outage.ts';
import { silentLog } from '../../support/control-plane.ts';

const away = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** A cache over a table in memory that counts its reads, with a clock and a subscription to turn. */
function createWorld(maxEntries = 100) {
  const world = {
    rows: new Map<string, string>(),
    reads: 0,
    at: 1_000_000,
    epoch: 1 as number | undefined,
    failure: undefined as Error | undefined,
    beforeAnswer: async () => {},
  };
  const now = () => world.at;
  const cache = new FreshCache<string>({
    async load(key) {
      world.reads++;
      const row = world.rows.get(key);
      await world.beforeAnswer();
      if (world.failure !== undefined) throw world.failure;
      return row;
    },
    maxEntries,
    epoch: () => world.epoch,
    outage: createOutage({ log: silentLog, now }),
    now,
  });
  world.rows.set('a', 'A');
  return { world, cache };
}

describe('an entry', () => {
  it('lives long while changes are reported, then is read again', async () => {
    const { world, cache } = createWorld();
    expect(await cache.get('a')).toBe('A');
    world.at += confirmedLifeMs;
    expect(await cache.get('a')).toBe('A');
    expect(world.reads).toBe(1);
    world.at += 1;
    await cache.get('a');
    expect(world.reads).toBe(2);
  });

  it.each([
    ['no subscription stands', undefined],
    ['another subscription stands than when it was read', 2],
  ])('lives less than a second when %s', async (_, epoch) => {
    const { world, cache } = createWorld();
    await cache.get('a');
    world.epoch = epoch;
    world.at += unconfirmedLifeMs;
    expect(cache.peek('a')).toBe('A');
    world.at += 1;
    expect(cache.peek('a')).toBeUndefined();
    expect(unconfirmedLifeMs).toBeLessThan(1_000);
  });

  it('that was absent lives less than a second in any case', async () => {
    const { world, cache } = createWorld();
    expect(await cache.get('b')).toBeUndefined();
    world.at += unconfirmedLifeMs;
    await cache.get('b');
    expect(world.reads).toBe(1);
    world.at += 1;
    world.rows.set('b', 'B');
    expect(await cache.get('b')).toBe('B');
  });

  it('that was reported as changed while it was read lives less than a second', async () => {
    const { world, cache } = createWorld();
    world.beforeAnswer = async () => cache.delete('a');
    await cache.get('a');
    world.at += unconfirmedLifeMs + 1;
    expect(cache.peek('a')).toBeUndefined();
  });

  it('is not believed when the clock goes back', async () => {
    const { world, cache } = createWorld();
    await cache.get('a');
    world.at -= 1;
    expect(cache.peek('a')).toBeUndefined();
  });

  it('is gone when it is deleted, alone or with others', async () => {
    const { world, cache } = createWorld();
    world.rows.set('b', 'B');
    await Promise.all([cache.get('a'), cache.get('b')]);
    cache.delete('a');
    expect([cache.peek('a'), cache.peek('b')]).toEqual([undefined, 'B']);
    cache.deleteWhere((value) => value === 'B');
    expect(cache.peek('b')).toBeUndefined();
  });
});

describe('the cache', () => {
  it('drops what was read longest ago when it is full', async () => {
    const { world, cache } = createWorld(2);
    for (const key of ['b', 'c']) world.rows.set(key, key);
    for (const key of ['a', 'b', 'c']) await cache.get(key);
    expect([cache.peek('a'), cache.peek('b'), cache.peek('c')]).toEqual([undefined, 'b', 'c']);
  });

  it('drops nothing that exists for things that do not', async () => {
    const { cache } = createWorld(2);
    await cache.get('a');
    for (let n = 0; n < 100; n++) await cache.get(`missing ${n}`);
    expect(cache.peek('a')).toBe('A');
  });

  it('reads a key once for all who ask at the same time', async () => {
    const { world, cache } = createWorld();
    await Promise.all(Array.from({ length: 50 }, () => cache.get('a')));
    expect(world.reads).toBe(1);
  });

  it(`has at most ${maxLoads} reads under way`, async () => {
    const { world, cache } = createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.beforeAnswer = () => promise;
    const loads = Array.from({ length: maxLoads }, (_, n) => cache.get(`key ${n}`));
    await expect(cache.get('one more')).rejects.toMatchObject({ statusCode: 503 });
    resolve();
    await Promise.all(loads);
    expect(await cache.get('a')).toBe('A');
  });

  it('passes on an error that is not about PostgreSQL being away', async () => {
    const { world, cache } = createWorld();
    await cache.get('a');
    world.at += confirmedLifeMs + 1;
    world.failure = new Error('syntax error');
    await expect(cache.get('a')).rejects.toThrow('syntax error');
  });
});

describe('while PostgreSQL is away', () => {
  it('serves stale entries for a minute, then rejects', async () => {
    const { world, cache } = createWorld();
    await cache.get('a');
    world.failure = away;
    world.at += staleLifeMs;
    expect(await cache.get('a')).toBe('A');
    world.at += 1;
    await expect(cache.get('a')).rejects.toMatchObject({ statusCode: 503, code: 'unavailable' });
  });

  it('asks again only after a pause', async () => {
    const { world, cache } = createWorld();
    world.failure = away;
    await expect(cache.get('a')).rejects.toMatchObject({ statusCode: 503 });
    await expect(cache.get('a')).rejects.toMatchObject({ statusCode: 503 });
    expect(world.reads).toBe(1);
    world.failure = undefined;
    world.at += retryPauseMs;
    expect(await cache.get('a')).toBe('A');
  });

  it('does not serve what is known to have changed', async () => {
    const { world, cache } = createWorld();
    await cache.get('a');
    cache.delete('a');
    world.failure = away;
    await expect(cache.get('a')).rejects.toMatchObject({ statusCode: 503 });
  });

  it(`waits ${loadDeadlineMs} ms for an answer, and nobody waits for the next attempts`, async () => {
    const { world, cache } = createWorld();
    await cache.get('a');
    world.at += confirmedLifeMs + 1;
    world.beforeAnswer = () => new Promise(() => {});
    const startedAt = performance.now();
    expect(await cache.get('a')).toBe('A');
    expect(performance.now() - startedAt).toBeGreaterThan(loadDeadlineMs * 0.9);
    world.at += retryPauseMs;
    const secondAt = performance.now();
    expect(await cache.get('a')).toBe('A');
    expect(performance.now() - secondAt).toBeLessThan(loadDeadlineMs * 0.5);
  });
});
