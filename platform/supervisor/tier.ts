import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type HeapOptions, heapFlags } from './heap-flags.ts';
import type { Running } from './keep-alive.ts';
import type { Sink } from './sink.ts';

/** One of our own programs run as a child: it says `{ type: 'ready', ... }` over IPC and ends when the channel closes. */
export interface TierSpec {
  name: string;
  /** Entry file, a `file:` URL. */
  entry: URL;
  args?: readonly string[];
  heap?: HeapOptions;
  env: Readonly<Record<string, string | undefined>>;
  sink: Sink;
  /** How long it may drain before it is killed. */
  drainMs: number;
}

export interface Tier<Ready> extends Running {
  pid: number;
  /** The fields of its ready message. */
  ready: Ready;
}

const readyDeadlineMs = 60_000;

/** Starts the child and resolves when it reports ready. Rejects with its last words when it ends before, or says nothing for 60 s. */
export async function startTier<Ready>(spec: TierSpec): Promise<Tier<Ready>> {
  const child = spawn(process.execPath, [...heapFlags(spec.heap), fileURLToPath(spec.entry), ...(spec.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: spec.env,
    // Its own process group: Ctrl-C reaches the supervisor alone, which ends its children in order.
    detached: true,
  });
  const lastLine = followOutput(child, spec.sink);
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(`${signal ?? `exit code ${code}`}${lastLine()}`));
    child.once('error', (error) => resolve(error.message));
  });
  const stop = () => stopChild(child, ended, spec.drainMs);
  const late = setTimeout(() => child.kill('SIGKILL'), readyDeadlineMs);
  const ready = await Promise.race([readyMessage<Ready>(child), ended]).finally(() => clearTimeout(late));
  if (typeof ready === 'string') throw new Error(ready);
  return { pid: child.pid ?? 0, ready, ended, stop };
}

function readyMessage<Ready>(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve) => {
    const onMessage = (message: unknown) => {
      if (!isReady(message)) return;
      child.off('message', onMessage);
      resolve(message as Ready);
    };
    child.on('message', onMessage);
  });
}

function isReady(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}

function followOutput(child: ChildProcess, sink: Sink): () => string {
  let last = '';
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => sink.out(line));
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.trim() !== '' && !line.startsWith('    at ')) last = `: ${line.trim()}`;
      sink.err(line);
    });
  }
  return () => last;
}

async function stopChild(child: ChildProcess, ended: Promise<string>, drainMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), drainMs);
  await ended;
  clearTimeout(force);
}
