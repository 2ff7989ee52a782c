import { LogUnavailableError } from '../log-store.ts';

interface KafkaFailure extends Error {
  /** Name of the protocol's error code. */
  type?: string;
}

const HOPELESS = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
]);

const ELECTING = new Set(['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

/** Whether the partition has another leader than was asked, or none yet. */
export const isElecting = (error: unknown): boolean => ELECTING.has(kafkaErrorType(error) ?? '');

const OUT = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);

/** Whether Kafka knows the member of a group no longer: it was silent for too long. */
export const isMemberOut = (error: unknown): boolean => OUT.has(kafkaErrorType(error) ?? '');

/** Name of the protocol's error code behind an error of kafkajs, which wraps what it retried; undefined for a broken connection. */
export function kafkaErrorType(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { type, cause } = error as KafkaFailure;
  return type ?? kafkaErrorType(cause);
}

/** Whether another try may succeed: everything the network or the cluster does, not what configuration or a bug does. */
export function isPassing(error: unknown): boolean {
  if (error instanceof LogUnavailableError) return true;
  if (!(error instanceof Error) || HOPELESS.has(kafkaErrorType(error) ?? '')) return false;
  return error.name.startsWith('KafkaJS') && error.name !== 'KafkaJSSASLAuthenticationError';
}

/** For a good-bye: whoever cannot say it is missed after the session time-out. */
export function ignorePassing(error: unknown): void {
  if (!isPassing(error)) throw error;
}

/** The error as the port has it: unavailable when another try may succeed, itself otherwise. */
export function toLogError(error: unknown, doing: string): unknown {
  if (error instanceof LogUnavailableError || !isPassing(error)) return error;
  return new LogUnavailableError(`Kafka could not ${doing}: ${(error as Error).message}`, { cause: error });
}
