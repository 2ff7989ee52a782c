import { LogUnavailableError } from '../log-store/log-store.ts';

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  // postgres.js
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  // PostgreSQL: stopping, crashed, starting, disk full, out of memory, too many connections
  '57P01',
  '57P02',
  '57P03',
  '53100',
  '53200',
  '53300',
  // ClickHouse: too many simultaneous queries
  '202',
]);
const maxCauses = 5;

/** Whether the error, or one it was caused by, says that a store could not be reached: the request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < maxCauses && current instanceof Error; depth++) {
    if (current instanceof LogUnavailableError || hasConnectionCode(current)) return true;
    if (current instanceof AggregateError && current.errors.some(hasConnectionCode)) return true;
    current = current.cause;
  }
  return false;
}

function hasConnectionCode(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  // The ClickHouse client reports its own time-out as a plain Error.
  return (code !== undefined && connectionCodes.has(code)) || error.message === 'Timeout error.';
}
