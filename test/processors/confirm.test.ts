import { describe, expect, it } from 'vitest';
import { StaleEpochError } from '../../platform/log-store/log-store.ts';
import { createConfirm, MAX_CONFIRM_MS } from '../../processors/confirm.ts';

function createWorld(answersMs: number[]) {
  const abort = new AbortController();
  const world = { at: 0, commits: 0, abort, confirm: async (): Promise<void> => undefined };
  const commit = async () => {
    world.commits += 1;
    world.at += answersMs.shift() ?? 0;
  };
  world.confirm = createConfirm({ commit, signal: abort.signal, now: () => world.at });
  return world;
}

describe('confirm', () => {
  it('asks once when the answer comes soon, at every call', async () => {
    const world = createWorld([0, MAX_CONFIRM_MS]);
    await world.confirm();
    await world.confirm();
    expect(world.commits).toBe(2);
  });

  it('asks again for as long as answers may be stale', async () => {
    const world = createWorld([MAX_CONFIRM_MS + 1, 60_000, 1]);
    await world.confirm();
    expect(world.commits).toBe(3);
  });

  it('refuses when the partition is about to move, though the log still takes the commit', async () => {
    const world = createWorld([]);
    world.abort.abort();
    await expect(world.confirm()).rejects.toThrow('aborted');
    expect(world.commits).toBe(1);
  });

  it('refuses when the partition has moved', async () => {
    const commit = () => Promise.reject(new StaleEpochError('moved'));
    const confirm = createConfirm({ commit, signal: new AbortController().signal, now: () => 0 });
    await expect(confirm()).rejects.toThrow(StaleEpochError);
  });
});
