import { LogCorruptError, LogUnavailableError, StaleEpochError } from './log-store.ts';

/** The client showed no token or a wrong one, or speaks another version of the protocol. */
export class LogRefusedError extends Error {
  override name = 'LogRefusedError';
}

/** How an error crosses the wire. */
export interface WireError {
  code: string;
  message: string;
}

const CLASSES = {
  log_unavailable: LogUnavailableError,
  log_corrupt: LogCorruptError,
  log_refused: LogRefusedError,
  stale_epoch: StaleEpochError,
  bad_request: RangeError,
} as const;

/** The code of a known error with its causes in the message; `internal` for any other. */
export function toWireError(error: unknown): WireError {
  const known = Object.entries(CLASSES).find(([, type]) => error instanceof type);
  return { code: known?.[0] ?? 'internal', message: messageOf(error) };
}

/** The error a client throws. */
export function fromWireError({ code, message }: WireError): Error {
  const type = Object.hasOwn(CLASSES, code) ? CLASSES[code as keyof typeof CLASSES] : Error;
  return new type(message);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}
