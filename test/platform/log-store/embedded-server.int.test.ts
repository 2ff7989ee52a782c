import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DirectoryLockedError } from '../../../platform/directory-lock.ts';
import { createEmbeddedLog, HEARTBEAT_MS, MAX_UNANSWERED_BYTES } from '../../../platform/log-store/embedded-client.ts';
import { createLogServer } from '../../../platform/log-store/embedded-server.ts';
import { MAX_VALUE_BYTES } from '../../../platform/log-store/frame.ts';
import { type LogStore, LogUnavailableError, StaleEpochError } from '../../../platform/log-store/log-store.ts';
import { parseLogUrl } from '../../../platform/log-store/log-url.ts';
import { openLogStore } from '../../../platform/log-store/open.ts';
import { LogRefusedError } from '../../../platform/log-store/wire-errors.ts';
import { TOPIC_SETTINGS, TOPICS } from '../../../schemas/topics.ts';
import { waitFor } from '../../support/processes.ts';
import { bytes, collect, text } from './collect.ts';
import { withTempDir } from './temp-dir.ts';

const ENTRY = fileURLToPath(new URL('../../../platform/log-store/embedded-server-main.ts', import.meta.url));
const SOON_MS = 10_000;

interface ServerProcess {
  child: ChildProcess;
  url: string;
}

describe('the embedded log server', () => {
  let temp: Awaited<ReturnType<typeof withTempDir>>;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    temp = await withTempDir();
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((child) => end(child, 'SIGKILL')));
    await temp.remove();
  });

  async function startProcess(port = 0): Promise<ServerProcess> {
    const env = {
      ...process.env,
      TIDEMARK_DATA_DIR: temp.dir,
      TIDEMARK_LOG_PORT: String(port),
      TIDEMARK_LOG_LEVEL: 'error',
    };
    const child = fork(ENTRY, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    started.push(child);
    const [ready] = await once(child, 'message');
    expect(ready).toMatchObject({ type: 'ready' });
    return { child, url: (ready as { url: string }).url };
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = await exited;
    return code;
  }

  async function readAll(log: LogStore, partition: number): Promise<string[]> {
    const { next } = await log.bounds(TOPICS.events, partition);
    const stored: string[] = [];
    const consumer = await log.consume({
      group: 'audit',
      topics: [TOPICS.events],
      onBatch: async (batch) => {
        if (batch.partition !== partition) return;
        expect(batch.records[0]?.offset).toBe(stored.length);
        stored.push(...batch.records.map(({ value }) => text(value).trimEnd()));
      },
    });
    await waitFor(() => stored.length >= next, SOON_MS);
    await consumer.stop();
    return stored;
  }

  const inProcess = () => createLogServer({ dir: join(temp.dir, 'log'), token: 'right', topics: TOPIC_SETTINGS });

  test('refuses a wrong token with a clear error and lets the right one in', async () => {
    const server = await inProcess();
    await expect(openLogStore({ logUrl: server.url.replace('right', 'wrong') })).rejects.toThrow(LogRefusedError);
    await expect(openLogStore({ logUrl: server.url.replace('right', 'wrong') })).rejects.toThrow(/wrong token/);
    const log = await openLogStore({ logUrl: server.url });
    expect(await log.append(TOPICS.events, 0, [bytes('a')])).toEqual([0]);
    await log.close();
    await server.close();
  });

  test('ends connections that speak something else, or too much before they show the token', async () => {
    const server = await inProcess();
    const { host, port } = parseLogUrl(server.url);
    for (const sent of ['GET / HTTP/1.1\r\n\r\n', Buffer.alloc(100), Buffer.from([255, 255, 255, 255])]) {
      const socket = connect({ host, port });
      socket.on('error', () => socket.destroy());
      socket.resume().write(sent);
      await once(socket, 'close');
    }
    await server.close();
  });

  test('is named in the error when no log is configured, and its URL when it is malformed', async () => {
    await expect(openLogStore({})).rejects.toThrow(/TIDEMARK_LOG_URL/);
    await expect(openLogStore({})).rejects.toThrow(/KAFKA_BROKERS/);
    await expect(openLogStore({ logUrl: 'http://127.0.0.1:1' })).rejects.toThrow(/tidemark-log:/);
  });

  test('is unavailable when nobody listens', async () => {
    const opening = createEmbeddedLog({ url: 'tidemark-log://token@127.0.0.1:1', timeoutMs: 300 });
    await expect(opening).rejects.toThrow(LogUnavailableError);
  });

  test('has its data directory for itself, and leaves no lock when it is killed', async () => {
    const first = await startProcess();
    await expect(inProcess()).rejects.toThrow(DirectoryLockedError);
    const second = fork(ENTRY, { env: { ...process.env, TIDEMARK_DATA_DIR: temp.dir }, stdio: 'pipe' });
    const lines = (await second.stderr?.toArray())?.join('');
    expect(lines).toMatch(/^log: the log in .* is in use by another log server.*\n$/);
    await end(first.child, 'SIGKILL');
    const server = await inProcess();
    await expect(inProcess()).rejects.toThrow(DirectoryLockedError);
    await server.close();
    await (await inProcess()).close();
  });

  test('keeps its token, so that its URL holds across a restart on the same port', async () => {
    const first = await startProcess();
    expect(await end(first.child, 'SIGTERM')).toBe(0);
    const second = await startProcess(parseLogUrl(first.url).port);
    expect(second.url).toBe(first.url);
  });

  test('ends when its parent disconnects', async () => {
    const { child } = await startProcess();
    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  test('answers everything it has received when it is told to end', async () => {
    const { child, url } = await startProcess();
    const log = await createEmbeddedLog({ url });
    const value = Buffer.alloc(100_000, 1);
    const appends = Array.from({ length: 50 }, () => log.append(TOPICS.events, 0, [value]));
    await appends[0];
    const ended = end(child, 'SIGTERM');
    const outcomes = await Promise.allSettled(appends);
    const stored = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(await ended).toBe(0);
    await log.close();
    const server = await startProcess();
    const again = await createEmbeddedLog({ url: server.url });
    const { next } = await again.bounds(TOPICS.events, 0);
    expect(next).toBeGreaterThanOrEqual(stored);
    await again.close();
  });

  test('killed under load, has every acknowledged record exactly once afterwards, in order per writer', async () => {
    const rounds = 6;
    const acknowledged = new Map<number, string>();
    let server = await startProcess();
    const { port } = parseLogUrl(server.url);
    const log = await createEmbeddedLog({ url: server.url });
    for (let round = 0; round < rounds; round++) {
      let isOver = false;
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let index = 0; !isOver; index++) {
          const values = [0, 1, 2].map((part) => `${round}:${writer}:${index}:${part}`);
          const padded = values.map((value) => bytes(value.padEnd(2_000 + writer * 3_000, ' ')));
          const offsets = await log.append(TOPICS.events, 2, padded).catch((error: unknown) => {
            expect(error).toBeInstanceOf(LogUnavailableError);
          });
          if (!offsets) return;
          offsets.forEach((offset, part) => {
            expect(acknowledged.has(offset)).toBe(false);
            acknowledged.set(offset, values[part] ?? '');
          });
        }
      });
      const enough = acknowledged.size + 300;
      await waitFor(() => acknowledged.size >= enough, SOON_MS);
      await end(server.child, 'SIGKILL');
      isOver = true;
      await Promise.all(writers);
      server = await startProcess(port);
    }
    const stored = await readAll(log, 2);
    for (const [offset, value] of acknowledged) expect(stored[offset]).toBe(value);
    expect(new Set(stored).size).toBe(stored.length);
    await log.close();
  }, 60_000);

  test('after a restart its clients go on by themselves: later appends wait, consumers continue from the committed offset', async () => {
    const first = await startProcess();
    const { port } = parseLogUrl(first.url);
    const log = await createEmbeddedLog({ url: first.url });
    const stale: unknown[] = [];
    const collected = await collect(log, {
      topics: [TOPICS.events],
      maxBatchBytes: 1,
      onBatchOf: async (consumer, { topic, partition, epoch, records }) => {
        const [record] = records;
        if (text(record?.value ?? bytes('')) === 'not committed') return;
        await consumer.commit(topic, partition, { offset: (record?.offset ?? 0) + 1, metadata: '', epoch });
      },
    });
    await log.append(TOPICS.events, 0, [bytes('committed'), bytes('not committed')]);
    await waitFor(() => collected.values(0).length === 2, SOON_MS);
    const epoch = collected.batches[0]?.epoch ?? 0;
    await end(first.child, 'SIGKILL');
    await waitFor(() => collected.revoked.length === 4, SOON_MS);
    await collected.consumer
      .commit(TOPICS.events, 0, { offset: 2, metadata: '', epoch })
      .catch((error) => stale.push(error));
    expect(stale[0]).toBeInstanceOf(StaleEpochError);
    const later = log.append(TOPICS.events, 0, [bytes('later')]);
    await startProcess(port);
    expect(await later).toEqual([2]);
    await waitFor(() => collected.values(0).length === 4, SOON_MS);
    expect(collected.values(0)).toEqual(['committed', 'not committed', 'not committed', 'later']);
    expect(collected.assigned.at(-1)?.epoch).toBeGreaterThan(epoch);
    await log.close();
  });

  test('gone for longer than the time-out, lets appends fail as unavailable', async () => {
    const { child, url } = await startProcess();
    const log = await createEmbeddedLog({ url, timeoutMs: 300 });
    await end(child, 'SIGKILL');
    await expect(log.append(TOPICS.events, 0, [bytes('a')])).rejects.toThrow(LogUnavailableError);
    await log.close();
  });

  test('takes as much as MAX_UNANSWERED_BYTES at once from one client and refuses more', async () => {
    const server = await inProcess();
    const log = await createEmbeddedLog({ url: server.url });
    const values = Array.from({ length: 4 }, () => Buffer.alloc(MAX_VALUE_BYTES));
    const fitting = MAX_UNANSWERED_BYTES / (4 * MAX_VALUE_BYTES);
    const appends = Array.from({ length: fitting + 1 }, () => log.append(TOPICS.events, 0, values));
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(fitting).fill('fulfilled'), 'rejected']);
    expect(await log.append(TOPICS.events, 0, values)).toEqual([16, 17, 18, 19]);
    await log.close();
    await server.close();
  });

  test('frees the partitions of a client whose process died', async () => {
    const server = await inProcess();
    const log = await createEmbeddedLog({ url: server.url });
    const member = fork(fileURLToPath(new URL('./member-process.ts', import.meta.url)), [server.url, TOPICS.events]);
    started.push(member);
    await once(member, 'message');
    const { held } = await collect(log, { topics: [TOPICS.events] });
    await waitFor(() => held().length === 2, SOON_MS);
    await end(member, 'SIGKILL');
    await waitFor(() => held().length === 4, SOON_MS);
    await log.close();
    await server.close();
  });

  test('gives the partitions of a client that stands still to others, and takes it in again when it goes on', async () => {
    // Longer than a heartbeat takes to come.
    const sessionTimeoutMs = HEARTBEAT_MS + 600;
    const server = await createLogServer({
      dir: temp.dir,
      token: 'secret',
      topics: TOPIC_SETTINGS,
      sessionTimeoutMs,
    });
    const log = await createEmbeddedLog({ url: server.url });
    const member = fork(fileURLToPath(new URL('./member-process.ts', import.meta.url)), [server.url, TOPICS.events]);
    started.push(member);
    await once(member, 'message');
    const { held, revoked } = await collect(log, { topics: [TOPICS.events] });
    await waitFor(() => held().length === 2, SOON_MS);
    member.kill('SIGSTOP');
    await waitFor(() => held().length === 4, SOON_MS);
    expect(revoked).toEqual([]);
    member.kill('SIGCONT');
    await waitFor(() => held().length === 2, SOON_MS);
    await log.close();
    await server.close();
  }, 40_000);
});
