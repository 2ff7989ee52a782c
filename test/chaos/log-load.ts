import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouse } from '../../platform/clickhouse.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { auditRollups } from '../../processors/audit/audit.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';
import { createLoadBatch } from '../support/event-batches.ts';
import type { Books } from './pipeline-books.ts';

/** Records appended to every partition all the time, as ingest does; some repeat an earlier one, as clients do. */
export interface LogLoad {
  /** Events acknowledged so far, repeats of the same event counted once. */
  acknowledged(): number;
  /** Resolves when each append has ended. */
  stop(): Promise<void>;
}

const { partitions } = TOPIC_SETTINGS[TOPICS.events];
const recordsPerAppend = 2;
const eventsPerRecord = 100;
const defaultPauseMs = 100;
/** Each append of this many begins with a repeat of a record of the one before it. */
const repeatEvery = 5;
const spreadMinutes = 50;
/** Event time passes faster than the clock, so that windows close all the time. */
const msPerRecord = 1_000;
const beganBeforeMs = 12 * 3_600_000;

/** Starts the load; `pauseMs` between two appends to a partition. A tenant is on one partition, as ingest has it; each partition has two. */
export function startLogLoad(log: LogStore, { pauseMs = defaultPauseMs }: { pauseMs?: number } = {}): LogLoad {
  const began = Date.now();
  const state = { isOver: false, records: 0, acknowledged: 0 };
  const appending = Promise.all(Array.from({ length: partitions }, (_, partition) => appendTo(partition)));
  appending.catch(() => undefined); // Seen through `stop`.

  async function appendTo(partition: number): Promise<void> {
    let before: EventBatch | undefined;
    for (let append = 0; !state.isOver; append++) {
      const batches = Array.from({ length: recordsPerAppend }, () =>
        createRecord({ number: state.records++, partition, began }),
      );
      const repeats = append % repeatEvery === 0 && before !== undefined ? [before] : [];
      await log.append(TOPICS.events, partition, [...repeats, ...batches].map(encodeEventBatch));
      state.acknowledged += batches.length * eventsPerRecord;
      before = batches[0];
      await delay(pauseMs);
    }
  }

  return {
    acknowledged: () => state.acknowledged,
    async stop() {
      state.isOver = true;
      await appending;
    },
  };
}

interface RecordOptions {
  number: number;
  partition: number;
  /** When the load began, milliseconds since the epoch. */
  began: number;
}

function createRecord({ number, partition, began }: RecordOptions): EventBatch {
  const now = Date.now();
  const at = began - beganBeforeMs + number * msPerRecord - (number % spreadMinutes) * 60_000;
  const tenant = `org_${partition}_${number % 2}`;
  const batch = createLoadBatch(number, { count: eventsPerRecord, tenant, at });
  return { ...batch, receivedAt: now, clientIds: true };
}

/** Compares what was acknowledged with the raw events, by their ids, and those with every rollup cell. Call it when all is stored. */
export async function compareEventIds(clickhouse: ClickHouse, acknowledged: number): Promise<Books> {
  const [stored] = await clickhouse.select<{ rows: number; ids: number }>(
    'SELECT count() AS rows, uniqExact(event_id) AS ids FROM events',
  );
  const { rows = 0, ids = 0 } = stored ?? {};
  const { wrongCells, unsettledCells } = await auditRollups(clickhouse);
  return { acknowledged, lost: acknowledged - ids, duplicated: rows - ids, differing: wrongCells + unsettledCells };
}
