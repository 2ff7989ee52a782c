import { join } from 'node:path';
import { createBoundedFile } from './bounded-file.ts';

/** Where the output of one child goes: everything into its log file, what an operator should see also to the console. */
export interface Sink {
  out(line: string): void;
  err(line: string): void;
}

export interface SinkOptions {
  name: string;
  logDir: string;
  say(line: string): void;
  now(): number;
}

const warn = 40;
const levelNames: Readonly<Record<number, string>> = { 40: 'warning', 50: 'error', 60: 'fatal' };
/** The same message is shown once in this time; the file has them all. */
const repeatAfterMs = 30_000;
const maxRemembered = 200;
const maxShownLength = 300;
/** Node's own warnings are for developers: the file has them. */
const runtimeNotice = /^\(node:\d+\)|^\(Use `node /;

/** Creates the sink of one child. A log file that cannot be written is said once and does not stop the child. */
export function createSink({ name, logDir, say, now }: SinkOptions): Sink {
  const keep = tolerant(createBoundedFile(join(logDir, `${name}.log`)), (error) =>
    say(`${name} cannot write its log: ${error.message}`),
  );
  const shownAt = new Map<string, number>();
  const show = (text: string) => {
    if (now() - (shownAt.get(text) ?? Number.NEGATIVE_INFINITY) < repeatAfterMs) return;
    if (shownAt.size >= maxRemembered) shownAt.clear();
    shownAt.set(text, now());
    say(text.startsWith(`${name}`) ? text : `${name} ${text}`);
  };
  return {
    out(line) {
      keep(line);
      const text = summarize(line);
      if (text !== undefined) show(text);
    },
    err(line) {
      keep(line);
      if (line.trim() !== '' && !runtimeNotice.test(line)) show(line.slice(0, maxShownLength));
    },
  };
}

/** The console text of a JSON log line at level warn or above; undefined for everything else. */
export function summarize(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: number; msg?: string; err?: { message?: string } };
    if (level === undefined || level < warn) return undefined;
    const cause = err?.message === undefined || err.message === msg ? '' : ` (${err.message})`;
    return `${levelNames[level] ?? 'error'}: ${msg ?? ''}${cause}`.slice(0, maxShownLength);
  } catch {
    return undefined;
  }
}

function tolerant(write: (line: string) => void, onFirstError: (error: Error) => void): (line: string) => void {
  let hasFailed = false;
  return (line) => {
    try {
      write(line);
    } catch (error) {
      if (!hasFailed) onFirstError(error as Error);
      hasFailed = true;
    }
  };
}
