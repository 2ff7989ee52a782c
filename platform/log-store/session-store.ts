import { startConsumer } from './consumer.ts';
import { MAX_VALUE_BYTES } from './frame.ts';
import type { LogConsumer, LogStore } from './log-store.ts';
import type { LogSession } from './session.ts';

/** Most bytes of one append, all values together. */
export const MAX_APPEND_BYTES = 32 * 1024 * 1024;

/** The log's port over a session. `close` stops the consumers that are still running first. */
export function createSessionStore(session: LogSession): LogStore {
  const consumers = new Set<LogConsumer>();
  return {
    async append(topic, partition, values) {
      checkValues(values);
      return session.append(topic, partition, values);
    },

    async consume(options) {
      const consumer = await startConsumer(session, options);
      consumers.add(consumer);
      const forget = () => consumers.delete(consumer);
      consumer.done.then(forget, forget);
      return consumer;
    },

    committed: (group, topic, partition) => session.committed(group, topic, partition),
    bounds: (topic, partition) => session.bounds(topic, partition),

    async close() {
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await session.close();
    },
  };
}

function checkValues(values: readonly Uint8Array[]): void {
  if (values.length === 0) throw new RangeError('an append needs at least one value');
  let bytes = 0;
  for (const { length } of values) {
    if (length > MAX_VALUE_BYTES) {
      throw new RangeError(`a value has ${length} bytes, the limit is ${MAX_VALUE_BYTES} (MAX_VALUE_BYTES)`);
    }
    bytes += length;
  }
  if (bytes > MAX_APPEND_BYTES) {
    throw new RangeError(`an append has ${bytes} bytes, the limit is ${MAX_APPEND_BYTES} (MAX_APPEND_BYTES)`);
  }
}
