import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findFreePort } from '../../../platform/embedded/free-port.ts';
import type { KafkaLogOptions } from '../../../platform/log-store/kafka/kafka-log.ts';
import { createKafkaLink } from '../../../platform/log-store/kafka.ts';
import { type LogStore, LogUnavailableError, StaleEpochError } from '../../../platform/log-store/log-store.ts';
import { type KafkaCluster, type KafkaNode, startOwnKafka } from '../../support/kafka-broker.ts';
import { createTestTopics, memberIdsOf, openTestLog, QUIET } from '../../support/kafka-log.ts';
import { waitFor } from '../../support/processes.ts';
import { bytes, collect } from './collect.ts';

const PRODUCE = 0;
const KEPT = { retentionMs: 86_400_000, retentionBytes: 1024 ** 3 };
const TOPICS = { one: { partitions: 1, ...KEPT }, many: { partitions: 4, ...KEPT } };
const SOON_MS = 10_000;

let kafka: KafkaCluster;
let node: KafkaNode;
let prefix: string;
const clients: LogStore[] = [];

beforeAll(async () => {
  kafka = await startOwnKafka();
  [node] = kafka.nodes as [KafkaNode];
});
afterAll(() => kafka?.stop());

beforeEach(async () => {
  prefix = await createTestTopics(kafka, TOPICS);
});
afterEach(async () => {
  node.proxy.onAnswer(undefined);
  node.proxy.resume();
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function open(brokers: string[], options: Partial<KafkaLogOptions> = {}): Promise<LogStore> {
  const log = await openTestLog({ brokers }, { prefix, ...options });
  clients.push(log);
  return log;
}
const openDirect = (options?: Partial<KafkaLogOptions>) => open(kafka.brokers, options);
const openProxied = (options?: Partial<KafkaLogOptions>) => open([node.proxiedAddress], options);
const numbered = (count: number, word = 'value') => Array.from({ length: count }, (_, index) => `${word} ${index}`);

/** Every value of a partition. */
async function readAll(topic: string, partition: number): Promise<string[]> {
  const log = await openDirect();
  const { next } = await log.bounds(topic, partition);
  const { values, batches } = await collect(log, { topics: [topic], group: 'audit' });
  await waitFor(
    () => (batches.findLast((batch) => batch.partition === partition)?.records.at(-1)?.offset ?? -1) + 1 >= next,
    SOON_MS,
  );
  return values(partition);
}

describe('appending to Kafka', () => {
  test('stores a record once when its first acknowledgements are lost', async () => {
    const log = await openProxied();
    await log.append('one', 0, [bytes('before')]);
    let lost = 0;
    node.proxy.onAnswer((_, request) => request.length > 6 && request.readInt16BE(4) === PRODUCE && lost++ < 3);
    const offsets = await Promise.all(numbered(20).map((value) => log.append('one', 0, [bytes(value)])));
    expect(lost).toBeGreaterThanOrEqual(3);
    expect(offsets.flat()).toEqual(numbered(20).map((_, index) => index + 1));
    expect(await readAll('one', 0)).toEqual(['before', ...numbered(20)]);
  });

  test('loses and repeats nothing it acknowledged while connections break', async () => {
    const log = await openProxied();
    const stored: string[] = [];
    const breaking = setInterval(() => node.proxy.cut(), 100);
    try {
      for (const value of numbered(300)) {
        await log.append('one', 0, [bytes(value)]);
        stored.push(value);
      }
    } finally {
      clearInterval(breaking);
    }
    expect(stored).toHaveLength(300);
    expect(await readAll('one', 0)).toEqual(stored);
  }, 60_000);

  test('says it is unavailable in time when the broker stalls, and goes on when that is over', async () => {
    const log = await openProxied({ timeoutMs: 1_000 });
    await log.append('one', 0, [bytes('before')]);
    node.proxy.pause();
    const startedAt = performance.now();
    const waiting = numbered(5).map((value) => log.append('one', 0, [bytes(value)]));
    await Promise.all(waiting.map((append) => expect(append).rejects.toBeInstanceOf(LogUnavailableError)));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    node.proxy.resume();
    await waitFor(
      () =>
        log.append('one', 0, [bytes('after')]).then(
          () => true,
          () => false,
        ),
      SOON_MS,
    );
    expect((await readAll('one', 0)).at(-1)).toBe('after');
  });

  test('says it is unavailable while the broker process is frozen', async () => {
    const log = await openDirect({ timeoutMs: 1_000 });
    await log.append('one', 0, [bytes('before')]);
    await node.signal('SIGSTOP');
    try {
      await expect(log.append('one', 0, [bytes('a')])).rejects.toBeInstanceOf(LogUnavailableError);
      await expect(log.bounds('one', 0)).rejects.toBeInstanceOf(LogUnavailableError);
    } finally {
      await node.signal('SIGCONT');
    }
    await waitFor(
      () =>
        log.append('one', 0, [bytes('b')]).then(
          () => true,
          () => false,
        ),
      SOON_MS,
    );
  });

  test('refuses more than it may hold unanswered', async () => {
    const log = await openProxied({ timeoutMs: 2_000 });
    await log.append('one', 0, [bytes('before')]);
    node.proxy.pause();
    const value = Buffer.alloc(8 * 1024 * 1024);
    const appends = Array.from({ length: 17 }, () => log.append('one', 0, [value]));
    const refused = appends.map((append) => expect(append).rejects.toBeInstanceOf(LogUnavailableError));
    await expect(appends.at(-1)).rejects.toThrow(/MAX_UNANSWERED_BYTES/);
    await Promise.all(refused);
  });

  test('rejects what is not acknowledged when the client closes', async () => {
    const log = await openProxied();
    await log.append('one', 0, [bytes('before')]);
    node.proxy.pause();
    const append = log.append('one', 0, [bytes('a')]);
    const rejected = expect(append).rejects.toThrow(/closed/);
    await new Promise((resolve) => setImmediate(resolve));
    await log.close();
    await rejected;
  });
});

describe('opening Kafka', () => {
  test('says within its time that no broker answers', async () => {
    const brokers = [`127.0.0.1:${await findFreePort()}`];
    await expect(open(brokers, { timeoutMs: 500 })).rejects.toBeInstanceOf(LogUnavailableError);
  });
});

describe('reading from Kafka', () => {
  test('goes on where it was after its connections broke, without a new assignment', async () => {
    const writer = await openDirect();
    const reader = await collect(await openProxied(), { topics: ['one'] });
    for (const value of numbered(50)) {
      await writer.append('one', 0, [bytes(value)]);
      if (reader.batches.length % 10 === 9) node.proxy.cut();
    }
    node.proxy.cut();
    await writer.append('one', 0, [bytes('last')]);
    await waitFor(() => reader.values(0).at(-1) === 'last', SOON_MS);
    expect(reader.values(0)).toEqual([...numbered(50), 'last']);
    expect(reader.assigned).toHaveLength(1);
  });

  test('continues at the first record that is kept', async () => {
    const log = await openDirect();
    await log.append('one', 0, numbered(5).map(bytes));
    const link = createKafkaLink({ brokers: kafka.brokers, clientId: 'test', log: QUIET });
    await link.admin.connect();
    await link.admin.fetchTopicOffsets(`${prefix}one`); // Deleting needs to know the leader.
    await link.admin.deleteTopicRecords({ topic: `${prefix}one`, partitions: [{ partition: 0, offset: '3' }] });
    link.cut();
    expect(await log.bounds('one', 0)).toEqual({ first: 3, next: 5 });
    const { values } = await collect(log, { topics: ['one'], onAssign: async () => 1 });
    await waitFor(() => values(0).length === 2, SOON_MS);
    expect(values(0)).toEqual(['value 3', 'value 4']);
  });

  test('fails when nothing can be read for too long', async () => {
    const log = await openProxied({ stallTimeoutMs: 500, timeoutMs: 1_000 });
    const { consumer, assigned } = await collect(log, { topics: ['one'] });
    await waitFor(() => assigned.length === 1, SOON_MS);
    node.proxy.pause();
    await expect(consumer.done).rejects.toThrow(/nothing could be read/);
  }, 30_000);
});

describe('a group on Kafka', () => {
  test('moves the partitions of a member it has not heard of, refuses its late commit and takes it back', async () => {
    const times = { sessionMs: 1_000 };
    const silent = await collect(await openProxied({ times, timeoutMs: 3_000 }), {});
    await waitFor(() => silent.held().length === 4, SOON_MS);
    const { epoch } = silent.assigned[0] ?? { epoch: -1 };
    node.proxy.pause();
    const other = await collect(await openDirect({ times }), {});
    await waitFor(() => other.held().length === 4, SOON_MS);
    node.proxy.resume();
    const late = silent.consumer.commit('many', 0, { offset: 1, metadata: '', epoch });
    await expect(late).rejects.toBeInstanceOf(StaleEpochError);
    await waitFor(() => silent.held().length === 2 && other.held().length === 2, SOON_MS);
    expect([...silent.held(), ...other.held()].sort()).toEqual([0, 1, 2, 3]);
  }, 30_000);

  test('goes on after the broker was killed and started again', async () => {
    const log = await openDirect();
    const group = await collect(log, {});
    await log.append('many', 0, [bytes('before')]);
    await waitFor(() => group.values(0).length === 1, SOON_MS);
    await node.signal('SIGKILL');
    await node.start();
    await waitFor(
      () =>
        log.append('many', 0, [bytes('after')]).then(
          () => true,
          () => false,
        ),
      30_000,
    );
    await waitFor(() => group.values(0).at(-1) === 'after', 30_000);
    expect(new Set(group.values(0))).toEqual(new Set(['before', 'after']));
  }, 90_000);

  test('takes its membership up again when the broker was away for longer than a session', async () => {
    const log = await openDirect({ times: { sessionMs: 6_000 }, timeoutMs: 1_000 });
    const group = await collect(log, { topics: ['one'] });
    await waitFor(() => group.held().length === 1, SOON_MS);
    const before = await memberIdsOf(kafka, `${prefix}group`);
    await node.signal('SIGKILL');
    await waitFor(() => group.revoked.length === 1, 20_000);
    await node.start();
    await waitFor(() => group.assigned.length === 2, 30_000);
    expect(before).toHaveLength(1);
    expect(await memberIdsOf(kafka, `${prefix}group`)).toEqual(before);
  }, 90_000);
});
