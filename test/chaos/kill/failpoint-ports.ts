import type { ClickHouse } from '../../../platform/clickhouse.ts';
import type { LogConsumer, LogStore } from '../../../platform/log-store/log-store.ts';
import { decodeProgress } from '../../../processors/progress.ts';
import { PROCESSORS_GROUP, TOPICS } from '../../../schemas/topics.ts';
import type { Failpoint } from './failpoints.ts';

/** Tells when so many bytes of an insert, or all of them, have left this process. */
export interface InsertWatch {
  onceSent(bytes: number, then: () => void): void;
}

/** The log, with failpoints around assignments, commits and dead letters. */
export function withLogFailpoints(log: LogStore, failpoint: Failpoint): LogStore {
  return {
    committed: (...where) => log.committed(...where),
    bounds: (...where) => log.bounds(...where),
    close: () => log.close(),
    async append(topic, partition, values) {
      if (topic === TOPICS.dead) failpoint.reach('before_bury');
      const offsets = await log.append(topic, partition, values);
      if (topic === TOPICS.dead) failpoint.reach('after_bury');
      return offsets;
    },
    async consume(options) {
      if (options.group !== PROCESSORS_GROUP) return log.consume(options);
      const consumer = await log.consume({
        ...options,
        async onAssign(assignment) {
          const offset = await options.onAssign?.(assignment);
          failpoint.reach('after_assignment');
          return offset;
        },
      });
      return withCommitFailpoints(consumer, failpoint);
    },
  };
}

function withCommitFailpoints(consumer: LogConsumer, failpoint: Failpoint): LogConsumer {
  return {
    done: consumer.done,
    stop: () => consumer.stop(),
    pause: (topic, partition) => consumer.pause(topic, partition),
    resume: (topic, partition) => consumer.resume(topic, partition),
    async commit(topic, partition, commit) {
      const what = decodeProgress(commit.metadata).plan === undefined ? 'advance' : 'plan';
      failpoint.reach(`before_${what}`);
      await consumer.commit(topic, partition, commit);
      failpoint.reach(`after_${what}`);
    },
  };
}

/** ClickHouse, with failpoints within inserts and around the statements of a reconcile. */
export function withClickHouseFailpoints(clickhouse: ClickHouse, failpoint: Failpoint, watch: InsertWatch): ClickHouse {
  const asStatement = async <T>(run: () => Promise<T>): Promise<T> => {
    failpoint.reach('reconcile_statement');
    const result = await run();
    failpoint.reach('reconcile_statement');
    return result;
  };
  return {
    ...clickhouse,
    select: (...query) => asStatement(() => clickhouse.select(...query)),
    async command(statement, ...rest) {
      await asStatement(() => clickhouse.command(statement, ...rest));
      if (statement.startsWith('DELETE')) failpoint.reach('rollup_emptied');
    },
    async insertNative(insert) {
      if (failpoint.isDue('insert_half_sent')) watch.onceSent(insert.body.length / 2, failpoint.die);
      if (failpoint.isDue('insert_all_sent')) watch.onceSent(Number.POSITIVE_INFINITY, failpoint.die);
      const isToDrain = failpoint.isDue('during_drain');
      if (isToDrain) process.kill(process.pid, 'SIGTERM');
      await asStatement(() => clickhouse.insertNative(insert));
      if (isToDrain) failpoint.die();
    },
  };
}
