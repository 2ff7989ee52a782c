import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryBroker, type MemoryBroker } from '../../platform/log-store/memory.ts';
import { encodeDeadLetter } from '../../processors/dead-letter.ts';
import { type Filing, fileDeadLetters } from '../../processors/file-dead-letters.ts';
import { DEAD_LETTERS_GROUP, TOPICS } from '../../schemas/topics.ts';
import { type ControlPlane, silentLog, startControlPlane } from '../support/control-plane.ts';
import { waitFor } from '../support/processes.ts';

const deadlineMs = 20_000;
const now = () => Date.UTC(2026, 2, 19);
let control: ControlPlane;
let broker: MemoryBroker;
const running: Filing[] = [];

beforeAll(async () => {
  control = await startControlPlane();
});
afterAll(() => control.close());
beforeEach(async () => {
  await control.sql`DELETE FROM dead_letters`;
  broker = createMemoryBroker();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((filing) => filing.stop()));
});

async function start(): Promise<Filing> {
  const backoff = { minMs: 5, maxMs: 20 };
  const filing = await fileDeadLetters({ logStore: broker.open(), sql: control.sql, log: silentLog, backoff, now });
  running.push(filing);
  return filing;
}

const letter = (offset: number, appendedAt = now()) =>
  encodeDeadLetter({
    reason: 'malformed',
    topic: TOPICS.events,
    partition: 1,
    offset,
    appendedAt,
    value: Uint8Array.of(offset, 0, 255),
  });
const append = (...letters: Uint8Array[]) => broker.open().append(TOPICS.dead, 0, letters);
const filedOffsets = async () =>
  (await control.sql<{ at: string }[]>`SELECT log_offset AS at FROM dead_letters ORDER BY 1`).map(({ at }) =>
    Number(at),
  );
const isFiledUpTo = (offset: number) =>
  waitFor(async () => {
    const committed = await broker.open().committed(DEAD_LETTERS_GROUP, TOPICS.dead, 0);
    return committed?.offset === offset;
  }, deadlineMs);

describe('filing dead letters', () => {
  it('files each position of the log once, with its reason and bytes, however often it is delivered', async () => {
    await append(letter(3), letter(4), letter(3));
    await start();
    await isFiledUpTo(3);
    await append(letter(4));
    await isFiledUpTo(4);
    expect(await filedOffsets()).toEqual([3, 4]);
    expect(await control.sql`SELECT * FROM dead_letters WHERE log_offset = 3`).toEqual([
      {
        topic: TOPICS.events,
        partition: 1,
        log_offset: '3',
        reason: 'malformed',
        appended_at: new Date(now()),
        value_bytes: 3,
        value: Buffer.from([3, 0, 255]),
        replayed_at: null,
        replayed_offset: null,
      },
    ]);
  });

  it('goes on after a record that is no dead letter', async () => {
    await append(letter(1), Buffer.from('{'), letter(2));
    await start();
    await isFiledUpTo(3);
    expect(await filedOffsets()).toEqual([1, 2]);
  });

  it('forgets letters as old as the topic keeps them', async () => {
    const days = (count: number) => now() - count * 86_400_000;
    await append(letter(1, days(31)), letter(2, days(29)));
    await start();
    await isFiledUpTo(2);
    expect(await filedOffsets()).toEqual([2]);
  });

  it('waits for a PostgreSQL that is away', async () => {
    await start();
    await control.stop();
    await append(letter(1));
    await control.startAgain();
    await isFiledUpTo(1);
    expect(await filedOffsets()).toEqual([1]);
  });
});
