import { expect, it } from 'vitest';
import { untilDone } from '../../processors/retry.ts';

const backoff = { minMs: 1, maxMs: 2 };

it('tries until the work succeeds', async () => {
  const failures: unknown[] = [];
  const work = async () => {
    if (failures.length < 5) throw new Error('away');
    return 'done';
  };
  const { signal } = new AbortController();
  const options = { backoff, signal, isRetryable: () => true, onFailure: (error: unknown) => failures.push(error) };
  expect(await untilDone(work, options)).toBe('done');
  expect(failures).toHaveLength(5);
});

it('does not repeat what no repetition mends', async () => {
  const work = async () => {
    throw new TypeError('a bug');
  };
  const { signal } = new AbortController();
  await expect(untilDone(work, { backoff, signal, isRetryable: () => false })).rejects.toThrow('a bug');
});

it('makes one attempt and then gives up when it is told to end', async () => {
  let attempts = 0;
  const work = async () => {
    attempts += 1;
    throw new Error('away');
  };
  const options = { backoff, signal: AbortSignal.abort(), isRetryable: () => true };
  await expect(untilDone(work, options)).rejects.toThrow('aborted');
  expect(attempts).toBe(1);
});
