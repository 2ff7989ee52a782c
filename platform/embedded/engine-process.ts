import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Log } from '../log.ts';

/** A store running as a child process. */
export interface Engine {
  pid: number;
  exited: Promise<EngineExit>;
  /** Ends it in good order; resolves when it is gone, after at most `stopGraceMs` by force. */
  stop(): Promise<void>;
}

export interface EngineExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Last lines it wrote, to explain the exit. */
  tail: string;
}

export interface EngineOptions {
  /** Entry file of the child, a `file:` URL: a module for Node, or a script (`.sh`) for the shell. */
  entry: URL;
  args: readonly string[];
  log: Log;
  /** User to run it as, where that is another one. */
  uid?: number | undefined;
}

/** The engine could not be started. The message is one human line. */
export class EngineStartError extends Error {
  override name = 'EngineStartError';
}

const shell = '/bin/sh';
const stopGraceMs = 2_500;
const tailLines = 20;
const alarming = /FATAL|PANIC|Exception|<Error>|<Fatal>/;
// A refused connection is FATAL to PostgreSQL, and daily business during a stop.
const ofNote = /PANIC|<Fatal>/;

/**
 * Starts a child that ends with us: its standard input, and the IPC channel of a module, close when this process goes, however it goes.
 * It leads its own process group, so that Ctrl-C in a terminal reaches the supervisor alone.
 */
export function spawnEngine({ entry, args, log, uid }: EngineOptions): Engine {
  const isScript = entry.pathname.endsWith('.sh');
  const program = isScript ? shell : process.execPath;
  const child = spawn(program, [fileURLToPath(entry), ...args], {
    stdio: isScript ? ['pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: engineEnv(),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  if (child.pid === undefined) throw new EngineStartError(`cannot start ${program}`);
  const tail = followOutput(child, log);
  const exited = new Promise<EngineExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal, tail: tail.join('\n') }));
  });
  return { pid: child.pid, exited, stop: () => stopChild(child, exited) };
}

/** Polls `isReady` until it holds. Throws {@link EngineStartError} when the engine exits first or the deadline passes. */
export async function waitUntilReady(
  engine: Engine,
  isReady: () => Promise<boolean>,
  deadlineMs: number,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  let exit: EngineExit | undefined;
  engine.exited.then((found) => {
    exit = found;
  });
  while (!(await isReady())) {
    if (exit !== undefined) throw new EngineStartError(lastWords(exit));
    if (performance.now() > endsAt) throw new EngineStartError(`not ready after ${deadlineMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** The most telling line of what an engine wrote before it exited. */
export function lastWords({ code, signal, tail }: EngineExit): string {
  const lines = tail.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.find((line) => alarming.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return `exited with ${signal ?? `code ${code}`}: ${reason.slice(0, 400)}`;
}

function followOutput(child: ChildProcess, log: Log): string[] {
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      tail.push(line);
      if (tail.length > tailLines) tail.shift();
      if (ofNote.test(line)) log.warn(line);
      else log.debug(line);
    });
  }
  return tail;
}

async function stopChild(child: ChildProcess, exited: Promise<EngineExit>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const force = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
  // A pipe that is gone already says the same as one that is closed now.
  child.stdin?.once('error', () => child.kill('SIGKILL')).end();
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(force);
}

function engineEnv(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return { ...env, TZ: 'UTC' };
}
