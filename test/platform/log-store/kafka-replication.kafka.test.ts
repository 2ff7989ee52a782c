import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createKafkaLink } from '../../../platform/log-store/kafka.ts';
import { type LogStore, LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { type KafkaCluster, type KafkaNode, startOwnKafka } from '../../support/kafka-broker.ts';
import { createTestTopics, openTestLog, QUIET } from '../../support/kafka-log.ts';
import { waitFor } from '../../support/processes.ts';
import { bytes, collect } from './collect.ts';

const TOPICS = { many: { partitions: 4, retentionMs: 86_400_000, retentionBytes: 1024 ** 3 } };
const RECOVERY_MS = 30_000;
const LOAD_MS = 6_000;

let kafka: KafkaCluster;
let prefix: string;

beforeAll(async () => {
  kafka = await startOwnKafka(3);
});
afterAll(() => kafka?.stop());
beforeEach(async () => {
  prefix = await createTestTopics(kafka, TOPICS);
});

async function leaderOf(partition: number): Promise<KafkaNode> {
  const link = createKafkaLink({ brokers: kafka.brokers, clientId: 'test', log: QUIET });
  await link.admin.connect();
  const { topics } = await link.admin.fetchTopicMetadata({ topics: [`${prefix}many`] });
  link.cut();
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
  const node = kafka.nodes.find(({ id }) => id === leader);
  if (!node) throw new Error(`partition ${partition} has no leader`);
  return node;
}

/** Appends to one partition, one record after the other, until told to stop: what was acknowledged, what was refused. */
function load(log: LogStore, partition: number) {
  const acknowledged: string[] = [];
  const refused: unknown[] = [];
  let isOver = false;
  let longestMs = 0;
  const run = (async () => {
    for (let index = 0; !isOver; index++) {
      const startedAt = performance.now();
      try {
        await log.append('many', partition, [bytes(`${partition}: ${index}`)]);
        acknowledged.push(`${partition}: ${index}`);
      } catch (error) {
        refused.push(error);
      }
      longestMs = Math.max(longestMs, performance.now() - startedAt);
    }
  })();
  return {
    acknowledged,
    refused,
    async end() {
      isOver = true;
      await run;
      return longestMs;
    },
  };
}

async function surviveTrouble(trouble: (node: KafkaNode) => Promise<void>, mend: (node: KafkaNode) => Promise<void>) {
  const log = await openTestLog(kafka, { prefix });
  const { values } = await collect(log, {});
  const node = await leaderOf(0);
  const loads = [0, 1, 2, 3].map((partition) => load(log, partition));
  await waitFor(() => loads.every(({ acknowledged }) => acknowledged.length > 20), RECOVERY_MS);
  await trouble(node);
  try {
    const before = loads.map(({ acknowledged }) => acknowledged.length);
    const endsAt = performance.now() + LOAD_MS;
    const isAllBack = () => loads.every(({ acknowledged }, index) => acknowledged.length > (before[index] ?? 0) + 50);
    await waitFor(() => isAllBack() && performance.now() > endsAt, RECOVERY_MS);
  } finally {
    await mend(node);
  }
  const longestMs = await Promise.all(loads.map(({ end }) => end()));
  console.log(`longest append ${Math.round(Math.max(...longestMs))} ms`);
  for (const [partition, { acknowledged, refused }] of loads.entries()) {
    await waitFor(() => values(partition).at(-1) === acknowledged.at(-1), RECOVERY_MS);
    expect(refused).toEqual([]);
    expect(values(partition)).toEqual(acknowledged);
  }
  await log.close();
}

test('nothing acknowledged is lost or repeated when a leader dies while sends are in flight', async () => {
  await surviveTrouble(
    (node) => node.signal('SIGKILL'),
    (node) => node.start(),
  );
}, 180_000);

test('nothing acknowledged is lost or repeated when a leader freezes', async () => {
  await surviveTrouble(
    (node) => node.signal('SIGSTOP'),
    (node) => node.signal('SIGCONT'),
  );
}, 180_000);

test('nothing is acknowledged with fewer copies than min.insync.replicas', async () => {
  const log = await openTestLog(kafka, { prefix, timeoutMs: 3_000 });
  await log.append('many', 0, [bytes('before')]);
  const leader = await leaderOf(0);
  const others = kafka.nodes.filter((node) => node !== leader);
  await Promise.all(others.map((node) => node.signal('SIGSTOP')));
  try {
    await expect(log.append('many', 0, [bytes('a')])).rejects.toBeInstanceOf(LogUnavailableError);
  } finally {
    await Promise.all(others.map((node) => node.signal('SIGCONT')));
  }
  const isBack = () =>
    log.append('many', 0, [bytes('after')]).then(
      () => true,
      () => false,
    );
  await waitFor(isBack, RECOVERY_MS);
  await log.close();
}, 90_000);
