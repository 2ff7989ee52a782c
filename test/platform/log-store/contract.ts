import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_VALUE_BYTES } from '../../../platform/log-store/frame.ts';
import { type LogStore, StaleEpochError } from '../../../platform/log-store/log-store.ts';
import { MAX_METADATA_BYTES } from '../../../platform/log-store/offset-store.ts';
import { MAX_APPEND_BYTES } from '../../../platform/log-store/session-store.ts';
import type { TopicSettings } from '../../../schemas/topics.ts';
import { waitFor } from '../../support/processes.ts';
import { bytes, collect, text } from './collect.ts';

/** A log that was started for a test, with any number of clients. */
export interface LogUnderTest {
  open(): Promise<LogStore>;
  /** Ends a client the way a died process would. */
  kill(client: LogStore): Promise<void>;
  close(): Promise<void>;
}

export interface ContractOptions {
  topics: Record<string, TopicSettings>;
  revokeTimeoutMs: number;
}

const KEPT = { retentionMs: 86_400_000, retentionBytes: 1024 ** 3 };
const OPTIONS: ContractOptions = {
  topics: { one: { partitions: 1, ...KEPT }, many: { partitions: 4, ...KEPT } },
  revokeTimeoutMs: 500,
};
const SOON_MS = 5_000;

/** What every implementation of the log does alike. */
export function describeLogContract(name: string, start: (options: ContractOptions) => Promise<LogUnderTest>): void {
  describe(`the log's contract: ${name}`, () => {
    let under: LogUnderTest;
    let log: LogStore;

    beforeEach(async () => {
      under = await start(OPTIONS);
      log = await under.open();
    });

    afterEach(async () => {
      await log.close();
      await under.close();
    });

    const appendAll = async (values: string[], partition = 0) => log.append('many', partition, values.map(bytes));
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => `value ${index}`);

    describe('append', () => {
      test('answers with dense offsets from zero', async () => {
        expect(await appendAll(['a'])).toEqual([0]);
        expect(await appendAll(['b', 'c', 'd'])).toEqual([1, 2, 3]);
      });

      test('numbers each partition by itself', async () => {
        await appendAll(['a', 'b'], 0);
        expect(await appendAll(['c'], 1)).toEqual([0]);
      });

      test('keeps the order in which appends were called without waiting', async () => {
        const offsets = await Promise.all(numbered(200).map((value) => appendAll([value])));
        expect(offsets.flat()).toEqual(numbered(200).map((_, index) => index));
        const { values } = await collect(log, {});
        await waitFor(() => values(0).length === 200, SOON_MS);
        expect(values(0)).toEqual(numbered(200));
      });

      test('shows an acknowledged record to every client at once', async () => {
        const other = await under.open();
        await appendAll(['a']);
        expect(await other.bounds('many', 0)).toEqual({ first: 0, next: 1 });
        await other.close();
      });

      test('gives every record of parallel clients an offset of its own', async () => {
        const other = await under.open();
        const offsets = await Promise.all(
          numbered(100).map((value, index) =>
            (index % 2 ? other : log).append('many', 0, [bytes(value), bytes(value)]),
          ),
        );
        expect([...offsets.flat()].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
        await other.close();
      });

      test('stores empty values, binary values and a value of the largest size', async () => {
        const values = [Buffer.alloc(0), Buffer.from([0, 255, 10, 13]), Buffer.alloc(MAX_VALUE_BYTES, 7)];
        await log.append('many', 0, values);
        const { batches } = await collect(log, {});
        await waitFor(() => batches.flatMap(({ records }) => records).length === 3, SOON_MS);
        const stored = batches.flatMap(({ records }) => records.map(({ value }) => Buffer.from(value)));
        expect(stored.map((value, index) => value.equals(values[index] ?? Buffer.alloc(1)))).toEqual([
          true,
          true,
          true,
        ]);
      });

      test('refuses values, appends, topics and partitions beyond its limits and stores nothing of them', async () => {
        const large = Buffer.alloc(MAX_VALUE_BYTES);
        await expect(log.append('many', 0, [Buffer.alloc(MAX_VALUE_BYTES + 1)])).rejects.toThrow(/MAX_VALUE_BYTES/);
        const tooMany = Array.from({ length: MAX_APPEND_BYTES / MAX_VALUE_BYTES + 1 }, () => large);
        await expect(log.append('many', 0, tooMany)).rejects.toThrow(/MAX_APPEND_BYTES/);
        await expect(log.append('many', 0, [])).rejects.toThrow(RangeError);
        await expect(log.append('nowhere', 0, [bytes('a')])).rejects.toThrow(/no topic nowhere/);
        await expect(log.append('toString', 0, [bytes('a')])).rejects.toThrow(/no topic toString/);
        await expect(log.append('many', 4, [bytes('a')])).rejects.toThrow(/partitions 0 to 3, not 4/);
        expect(await log.bounds('many', 0)).toEqual({ first: 0, next: 0 });
      });

      test('sets times that never go back', async () => {
        const before = Date.now();
        for (const value of numbered(20)) await appendAll([value]);
        const { batches } = await collect(log, {});
        await waitFor(() => batches.flatMap(({ records }) => records).length === 20, SOON_MS);
        const times = batches.flatMap(({ records }) => records.map(({ appendedAt }) => appendedAt));
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times[0]).toBeGreaterThanOrEqual(before);
        expect(times.at(-1)).toBeLessThanOrEqual(Date.now());
      });
    });

    describe('reading', () => {
      test('delivers what was there and what comes later', async () => {
        await appendAll(['a', 'b']);
        const { values } = await collect(log, {});
        await waitFor(() => values(0).length === 2, SOON_MS);
        await appendAll(['c']);
        await waitFor(() => values(0).length === 3, SOON_MS);
        expect(values(0)).toEqual(['a', 'b', 'c']);
      });

      test('delivers a record without bytes to a reader that waits for one', async () => {
        const { batches, assigned } = await collect(log, { minBatchBytes: 0 });
        await waitFor(() => assigned.length === 4, SOON_MS);
        await log.append('many', 0, [new Uint8Array()]);
        await waitFor(() => batches.length === 1, SOON_MS);
      });

      test('gives each group all records', async () => {
        await appendAll(['a', 'b']);
        const first = await collect(log, { group: 'first' });
        const second = await collect(log, { group: 'second' });
        await waitFor(() => first.values(0).length === 2 && second.values(0).length === 2, SOON_MS);
      });

      test('reads several topics in one group', async () => {
        await log.append('one', 0, [bytes('x')]);
        await appendAll(['a'], 3);
        const { batches } = await collect(log, { topics: ['one', 'many'] });
        await waitFor(() => batches.length === 2, SOON_MS);
        expect(batches.map(({ topic, partition }) => `${topic}/${partition}`).sort()).toEqual(['many/3', 'one/0']);
      });

      test('fails to join for a topic that does not exist', async () => {
        await expect(collect(log, { topics: ['nowhere'] })).rejects.toThrow(/no topic nowhere/);
      });

      test('refuses names of groups that are none', async () => {
        await expect(collect(log, { group: '../../etc/passwd' })).rejects.toThrow(RangeError);
        await expect(collect(log, { group: '' })).rejects.toThrow(RangeError);
        await expect(log.committed('g'.repeat(101), 'many', 0)).rejects.toThrow(RangeError);
      });

      test('never delivers more than maxBatchBytes, except one larger record alone', async () => {
        await appendAll(['0123456789', '0123456789', '0123456789', 'x'.repeat(50), '0123456789']);
        const { batches } = await collect(log, { maxBatchBytes: 20 });
        await waitFor(() => batches.flatMap(({ records }) => records).length === 5, SOON_MS);
        expect(batches.map(({ records }) => records.map(({ offset }) => offset))).toEqual([[0, 1], [2], [3], [4]]);
      });

      test('tells the end of the partition with each batch', async () => {
        await appendAll(['0123456789', '0123456789', '0123456789']);
        const { batches } = await collect(log, { maxBatchBytes: 10 });
        await waitFor(() => batches.length === 3, SOON_MS);
        expect(batches.map(({ next }) => next)).toEqual([3, 3, 3]);
      });

      test('holds a batch back until it has minBatchBytes', async () => {
        const { batches } = await collect(log, { minBatchBytes: 30, maxWaitMs: 60_000 });
        for (const value of ['0123456789', '0123456789', '0123456789']) await appendAll([value]);
        await waitFor(() => batches.length > 0, SOON_MS);
        expect(batches.map(({ records }) => records.length)).toEqual([3]);
      });

      test('delivers less than minBatchBytes after maxWaitMs', async () => {
        const startedAt = performance.now();
        await appendAll(['a']);
        const { batches } = await collect(log, { minBatchBytes: 1_000_000, maxWaitMs: 200 });
        await waitFor(() => batches.length > 0, SOON_MS);
        expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
      });

      test('does not wait for minBatchBytes of what is there already', async () => {
        await appendAll(numbered(4).map(() => 'x'.repeat(60)));
        const startedAt = performance.now();
        const { batches } = await collect(log, { minBatchBytes: 100, maxBatchBytes: 100, maxWaitMs: 30_000 });
        await waitFor(() => batches.length >= 3, SOON_MS);
        expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
      });

      test('calls the handler of a partition for one batch at a time, and partitions side by side', async () => {
        const running = new Set<number>();
        let overlapped = 0;
        for (const partition of [0, 1]) await appendAll(numbered(10), partition);
        const gate = Promise.withResolvers<void>();
        const { batches } = await collect(log, {
          maxBatchBytes: 1,
          onBatch: async ({ partition }) => {
            if (running.has(partition)) overlapped += 1;
            running.add(partition);
            if (running.size === 2) gate.resolve();
            await gate.promise;
            running.delete(partition);
          },
        });
        await waitFor(() => batches.length === 20, SOON_MS);
        expect(overlapped).toBe(0);
      });

      test('starts where onAssign says', async () => {
        await appendAll(numbered(5));
        const { values } = await collect(log, { onAssign: async ({ partition }) => (partition === 0 ? 3 : undefined) });
        await waitFor(() => values(0).length === 2, SOON_MS);
        expect(values(0)).toEqual(['value 3', 'value 4']);
      });

      test('fails the consumer when a position lies beyond the end', async () => {
        const { consumer } = await collect(log, { onAssign: async () => 7 });
        await expect(consumer.done).rejects.toThrow(/there is no position 7/);
      });

      test('delivers nothing of a paused partition until it is resumed', async () => {
        await appendAll(['a']);
        const { values, consumer } = await collect(log, {
          onBatchOf: async (self, { topic, partition }) => self.pause(topic, partition),
        });
        await waitFor(() => values(0).length === 1, SOON_MS);
        await appendAll(['b']);
        await appendAll(['c'], 1);
        await waitFor(() => values(1).length === 1, SOON_MS);
        expect(values(0)).toEqual(['a']);
        consumer.resume('many', 0);
        await waitFor(() => values(0).length === 2, SOON_MS);
      });
    });

    describe('commit', () => {
      test('has nothing committed at first', async () => {
        expect(await log.committed('group', 'many', 0)).toBeUndefined();
      });

      test('reads offset and metadata back, also in the assignment', async () => {
        await appendAll(numbered(5));
        const { consumer, batches } = await collect(log, {});
        await waitFor(() => batches.length > 0, SOON_MS);
        const epoch = batches[0]?.epoch ?? -1;
        await consumer.commit('many', 0, { offset: 2, metadata: '{"end":4,"rows":17,"ü":"☃"}', epoch });
        const committed = { offset: 2, metadata: '{"end":4,"rows":17,"ü":"☃"}' };
        expect(await log.committed('group', 'many', 0)).toEqual(committed);
        expect(await log.committed('other', 'many', 0)).toBeUndefined();
        await consumer.stop();
        const again = await collect(log, {});
        await waitFor(() => again.assigned.length === 4, SOON_MS);
        expect(again.assigned.find(({ partition }) => partition === 0)?.committed).toEqual(committed);
        await waitFor(() => again.values(0).length === 3, SOON_MS);
        expect(again.values(0)).toEqual(['value 2', 'value 3', 'value 4']);
      });

      test('may go back', async () => {
        const { consumer, assigned } = await collect(log, {});
        await waitFor(() => assigned.length === 4, SOON_MS);
        const epoch = assigned[0]?.epoch ?? -1;
        await consumer.commit('many', 0, { offset: 9, metadata: '', epoch });
        await consumer.commit('many', 0, { offset: 4, metadata: 'again', epoch });
        expect(await log.committed('group', 'many', 0)).toEqual({ offset: 4, metadata: 'again' });
      });

      test('refuses too much metadata and offsets that are none', async () => {
        const { consumer, assigned } = await collect(log, {});
        await waitFor(() => assigned.length === 4, SOON_MS);
        const epoch = assigned[0]?.epoch ?? -1;
        const metadata = 'x'.repeat(MAX_METADATA_BYTES);
        await consumer.commit('many', 0, { offset: 1, metadata, epoch });
        await expect(consumer.commit('many', 0, { offset: 1, metadata: `${metadata}x`, epoch })).rejects.toThrow(
          /MAX_METADATA_BYTES/,
        );
        await expect(consumer.commit('many', 0, { offset: -1, metadata: '', epoch })).rejects.toThrow(RangeError);
      });

      test('refuses an epoch that is not the one of the assignment', async () => {
        const { consumer, assigned } = await collect(log, {});
        await waitFor(() => assigned.length === 4, SOON_MS);
        const epoch = assigned[0]?.epoch ?? -1;
        const commit = consumer.commit('many', 0, { offset: 1, metadata: '', epoch: epoch - 1 });
        await expect(commit).rejects.toBeInstanceOf(StaleEpochError);
        expect(await log.committed('group', 'many', 0)).toBeUndefined();
      });
    });

    describe('groups', () => {
      test('divide the partitions among their members, with growing epochs', async () => {
        const first = await collect(log, {});
        await waitFor(() => first.held().length === 4, SOON_MS);
        const second = await collect(await under.open(), {});
        await waitFor(() => second.held().length === 2 && first.held().length === 2, SOON_MS);
        expect([...first.held(), ...second.held()].sort()).toEqual([0, 1, 2, 3]);
        const before = Math.max(...first.assigned.map(({ epoch }) => epoch));
        expect(Math.min(...second.assigned.map(({ epoch }) => epoch))).toBeGreaterThan(before);
        await second.consumer.stop();
        await waitFor(() => first.held().length === 4, SOON_MS);
        const between = Math.max(...second.assigned.map(({ epoch }) => epoch));
        expect(Math.max(...first.assigned.map(({ epoch }) => epoch))).toBeGreaterThan(between);
      });

      test('give the partitions of a member that dies to the others', async () => {
        const first = await collect(log, {});
        const other = await under.open();
        const second = await collect(other, {});
        await waitFor(() => second.held().length === 2 && first.held().length === 2, SOON_MS);
        await under.kill(other);
        await waitFor(() => first.held().length === 4, SOON_MS);
      });

      test('leave a member without partitions when there are more members than partitions', async () => {
        const first = await collect(log, { topics: ['one'] });
        await waitFor(() => first.held().length === 1, SOON_MS);
        const second = await collect(log, { topics: ['one'] });
        await first.consumer.stop();
        await waitFor(() => second.held().length === 1, SOON_MS);
        expect(first.revoked).toEqual([]);
      });

      test('move a partition on only after its running handler has returned', async () => {
        await log.append('one', 0, [bytes('a')]);
        const gate = Promise.withResolvers<void>();
        const events: string[] = [];
        const first = await collect(log, {
          topics: ['one', 'many'],
          onBatchOf: async (self, { topic, partition, epoch }) => {
            await gate.promise;
            await self.commit(topic, partition, { offset: 1, metadata: 'by the first', epoch });
            events.push('handled');
          },
          onRevoke: async (topic) => {
            if (topic === 'one') events.push('revoked');
          },
        });
        await waitFor(() => first.batches.length === 1 && first.assigned.length === 5, SOON_MS);
        const second = await collect(log, {
          topics: ['one'],
          onAssign: async ({ committed }) => {
            events.push(`assigned at ${committed?.offset} ${committed?.metadata}`);
            return undefined;
          },
        });
        await waitFor(() => first.held().length === 4, SOON_MS).catch(() => undefined);
        expect(second.held()).toEqual([]);
        gate.resolve();
        await waitFor(() => second.held().length === 1, SOON_MS);
        expect(events).toEqual(['handled', 'revoked', 'assigned at 1 by the first']);
      }, 15_000);

      test('move a partition on after the time-out when a handler hangs, and refuse its late commit', async () => {
        await log.append('one', 0, [bytes('a')]);
        const gate = Promise.withResolvers<void>();
        const late = Promise.withResolvers<unknown>();
        const first = await collect(log, {
          topics: ['one', 'many'],
          onBatchOf: async (self, { topic, partition, epoch }) => {
            await gate.promise;
            const commit = self.commit(topic, partition, { offset: 1, metadata: '', epoch });
            commit.then(late.resolve, late.resolve);
            await commit;
          },
        });
        await waitFor(() => first.batches.length === 1 && first.assigned.length === 5, SOON_MS);
        const second = await collect(log, { topics: ['one'] });
        await waitFor(() => second.values(0).length === 1, SOON_MS);
        gate.resolve();
        expect(await late.promise).toBeInstanceOf(StaleEpochError);
        await appendAll(['b'], 1);
        await waitFor(() => first.values(1).length === 1, SOON_MS);
        expect(await log.committed('group', 'one', 0)).toBeUndefined();
      });
    });

    describe('ending', () => {
      test('stop waits for the running handler and delivers nothing after it', async () => {
        await appendAll(numbered(3));
        const gate = Promise.withResolvers<void>();
        const { consumer, batches } = await collect(log, { maxBatchBytes: 1, onBatch: () => gate.promise });
        await waitFor(() => batches.length === 1, SOON_MS);
        let isStopped = false;
        const stopping = consumer.stop().then(() => {
          isStopped = true;
        });
        await log.bounds('many', 0);
        expect(isStopped).toBe(false);
        gate.resolve();
        await stopping;
        await expect(consumer.done).resolves.toBeUndefined();
        expect(batches).toHaveLength(1);
      });

      test('a handler may commit while the consumer stops', async () => {
        await appendAll(['a']);
        const gate = Promise.withResolvers<void>();
        const { consumer, batches } = await collect(log, {
          onBatchOf: async (self, { topic, partition, epoch }) => {
            await gate.promise;
            await self.commit(topic, partition, { offset: 1, metadata: '', epoch });
          },
        });
        await waitFor(() => batches.length === 1, SOON_MS);
        const stopping = consumer.stop();
        gate.resolve();
        await stopping;
        expect(await log.committed('group', 'many', 0)).toEqual({ offset: 1, metadata: '' });
      });

      test('a handler that rejects ends the consumer with its error, and nothing is skipped', async () => {
        await appendAll(numbered(3));
        const failing = await collect(log, {
          maxBatchBytes: 1,
          onBatch: async ({ records }) => {
            if (text(records[0]?.value ?? new Uint8Array()) === 'value 1') throw new Error('cannot do this one');
          },
        });
        await expect(failing.consumer.done).rejects.toThrow('cannot do this one');
        expect(failing.values(0)).toEqual(['value 0', 'value 1']);
        const next = await collect(log, {});
        await waitFor(() => next.values(0).length === 3, SOON_MS);
      });

      test('an onAssign that rejects ends the consumer', async () => {
        const { consumer } = await collect(log, {
          onAssign: async () => {
            throw new Error('no state for this partition');
          },
        });
        await expect(consumer.done).rejects.toThrow('no state for this partition');
      });

      test('closing a client stops its consumers', async () => {
        const other = await under.open();
        const { consumer } = await collect(other, {});
        await other.close();
        await expect(consumer.done).resolves.toBeUndefined();
      });
    });
  });
}
