import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Program {
  pid: number;
  /** Lines of standard output and standard error so far. */
  lines: string[];
  /** Resolves with the first line (seen or to come) that matches; rejects when the program ends before. */
  line(pattern: RegExp): Promise<string>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs a file of the project with the Node of this process. */
export function runProgram(path: string, args: string[] = [], env: Record<string, string> = {}): Program {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.find((candidate) => pattern.test(candidate));
        if (found !== undefined) resolve(found);
      };
      listeners.add(look);
      look();
      ended.then(() => reject(new Error(`ended without ${pattern}:\n${lines.join('\n')}`)));
    });
  return { pid: child.pid ?? 0, lines, line, ended, kill: (signal) => child.kill(signal) };
}

/** Polls until the condition holds; throws after the deadline. */
export async function waitFor(isTrue: () => boolean | Promise<boolean>, deadlineMs: number): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  while (!(await isTrue())) {
    if (performance.now() > endsAt) throw new Error(`did not come true within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !isZombie(pid);
  } catch {
    return false;
  }
}

/** Process ids of all descendants. */
export function descendantsOf(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({
      pid: Number(name),
      parent: Number(readProc(Number(name), 'stat').split(') ')[1]?.split(' ')[1]),
    }));
  const below = (parent: number): number[] =>
    parents.filter((entry) => entry.parent === parent).flatMap((entry) => [entry.pid, ...below(entry.pid)]);
  return below(pid);
}

/** The command line of a process; empty when it is gone. */
export function commandOf(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ');
}

/** Whether the process stands still after SIGSTOP. */
export function isStopped(pid: number): boolean {
  return readProc(pid, 'stat').split(') ')[1]?.startsWith('T') ?? false;
}

function isZombie(pid: number): boolean {
  return readProc(pid, 'stat').split(') ')[1]?.startsWith('Z') ?? false;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
