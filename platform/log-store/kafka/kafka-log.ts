import { OPERATION_TIMEOUT_MS } from '../embedded-client.ts';
import { REVOKE_TIMEOUT_MS } from '../group.ts';
import type { KafkaConnection } from '../kafka.ts';
import type { LogStore } from '../log-store.ts';
import { createSessionStore } from '../session-store.ts';
import type { GroupTimes } from './group-member.ts';
import { toConfigError } from './kafka-refusal.ts';
import { KafkaSession } from './kafka-session.ts';
import { STALL_TIMEOUT_MS } from './partition-reader.ts';

export const GROUP_TIMES: GroupTimes = {
  sessionMs: 30_000,
  heartbeatMs: 3_000,
  rebalanceMs: 60_000,
  revokeMs: REVOKE_TIMEOUT_MS,
};

export interface KafkaLogOptions extends KafkaConnection {
  /** Begins the names of topics and groups, for a cluster that is shared. Default: nothing. */
  prefix?: string | undefined;
  /** How long an operation may take, in milliseconds. Default 20 s. */
  timeoutMs?: number;
  /** How long a partition with records may deliver none before its consumer fails. Default 60 s. */
  stallTimeoutMs?: number;
  times?: Partial<GroupTimes>;
}

/**
 * The log on a Kafka cluster, whose topics `npm run migrate` has created. Rejects with LogUnavailableError when no broker
 * answers in time, with ConfigError when one does not accept us, or we not its certificate. Afterwards it finds its way by itself: leaders move, connections break, consumers join again.
 */
export async function createKafkaLog({
  prefix = '',
  timeoutMs = OPERATION_TIMEOUT_MS,
  stallTimeoutMs = STALL_TIMEOUT_MS,
  times,
  ...connection
}: KafkaLogOptions): Promise<LogStore> {
  const session = new KafkaSession({
    connection,
    prefix,
    timeoutMs,
    stallTimeoutMs,
    times: { ...GROUP_TIMES, ...times },
  });
  try {
    await session.open();
  } catch (error) {
    await session.close();
    throw toConfigError(error) ?? error;
  }
  return createSessionStore(session);
}
