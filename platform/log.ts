import { type Logger, pino } from 'pino';

export type Log = Logger;

/** A structured logger (JSON lines on standard output) named after its process; secrets in well-known places are redacted. */
export function createLog(name: string, level: string): Log {
  return pino({
    name,
    level,
    base: { name },
    redact: ['req.headers["x-api-key"]', 'req.headers.authorization', 'headers["x-api-key"]', 'headers.authorization'],
  });
}
