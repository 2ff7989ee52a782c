import { type DestinationStream, type Logger, pino } from 'pino';
import { REDACTED, redactSecrets } from './redact.ts';

export type Log = Logger;

/** Names under which a secret may stand in what is logged, at the top or one level below. */
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'apiKey',
  'api_key',
  'pepper',
  '["x-api-key"]',
];

/**
 * A structured logger (JSON lines, on standard output unless told otherwise) named after its process. Fields with the name of a secret are
 * redacted, and so is whatever looks like one anywhere in a line, such as in the message of another library's error.
 */
export function createLog(name: string, level: string, destination?: DestinationStream): Log {
  return pino(
    {
      name,
      level,
      base: { name },
      redact: { paths: secretNames.flatMap(pathsOf), censor: REDACTED },
      hooks: { streamWrite: redactSecrets },
    },
    destination ?? pino.destination(1),
  );
}

function pathsOf(name: string): string[] {
  const below = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${below}`, `req.headers${below}`, `*.headers${below}`];
}
