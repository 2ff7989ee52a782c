import { expect, it, vi } from 'vitest';
import { createBackoff } from '../../../platform/supervisor/backoff.ts';
import { keepAlive, type Running } from '../../../platform/supervisor/keep-alive.ts';

/** A process in memory: ended from outside or by stop. */
function createProcess() {
  const { promise: ended, resolve: end } = Promise.withResolvers<string>();
  const running: Running = {
    ended,
    stop: async () => end('stopped'),
  };
  return { running, end };
}

it('doubles the pause up to ten seconds and starts over after a healthy life', () => {
  const nextPauseMs = createBackoff();
  expect([0, 0, 0, 0, 0, 0, 0, 0].map(nextPauseMs)).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  expect(nextPauseMs(30_000)).toBe(200);
});

it('starts the process again when it ends, and says so', async () => {
  const processes = [createProcess(), createProcess()];
  const lines: string[] = [];
  const queue = processes.map(({ running }) => running);
  const kept = await keepAlive({
    name: 'ingest',
    start: async () => queue.shift() ?? Promise.reject(new Error('no more')),
    say: (line) => lines.push(line),
    maxFirstFailures: 1,
  });
  processes[0]?.end('SIGKILL');
  await vi.waitFor(() => expect(lines).toContain('ingest is back'));
  expect(lines[0]).toBe('ingest ended (SIGKILL); restarting it in 0.2 s');
  await kept.stop();
});

it('gives the first start up after the allowed failures and throws its reason', async () => {
  let starts = 0;
  const start = () => {
    starts++;
    return Promise.reject(new Error(`failure ${starts}`));
  };
  await expect(keepAlive({ name: 'x', start, say: () => {}, maxFirstFailures: 3 })).rejects.toThrow('failure 3');
  expect(starts).toBe(3);
});

it('keeps trying after the first success, whatever fails then', async () => {
  const first = createProcess();
  const last = createProcess();
  let starts = 0;
  const lines: string[] = [];
  const start = async () => {
    starts++;
    if (starts === 1) return first.running;
    if (starts === 4) return last.running;
    throw new Error('port taken');
  };
  const kept = await keepAlive({ name: 'store', start, say: (line) => lines.push(line), maxFirstFailures: 1 });
  first.end('exit code 1');
  await vi.waitFor(() => expect(lines.at(-1)).toBe('store is back'), 5_000);
  expect(lines.filter((line) => line.includes('(port taken)'))).toHaveLength(2);
  await kept.stop();
});

it('does not restart what it is told to stop', async () => {
  const only = createProcess();
  const lines: string[] = [];
  let starts = 0;
  const kept = await keepAlive({
    name: 'x',
    start: async () => {
      starts++;
      return only.running;
    },
    say: (line) => lines.push(line),
    maxFirstFailures: 1,
  });
  await kept.stop();
  expect(starts).toBe(1);
  expect(lines).toEqual([]);
});
