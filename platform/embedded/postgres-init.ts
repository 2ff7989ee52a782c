import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineStartError } from './engine-process.ts';
import type { PostgresPrograms } from './postgres-package.ts';
import { handOver, type Unprivileged } from './unprivileged.ts';

export interface PostgresInit {
  /** Directory of the embedded PostgreSQL; the cluster is `data/` below it. */
  dir: string;
  programs: PostgresPrograms;
  unprivileged: Unprivileged;
  role: string;
  database: string;
  password: string;
}

/**
 * Creates the cluster, the role and the database once. The cluster gets its final name in one last step, so that an interrupted creation
 * is simply done again. Only the role can log in, only to its database, only over loopback: the superuser cannot.
 */
export async function initPostgres(init: PostgresInit): Promise<string> {
  const final = join(init.dir, 'data');
  if (existsSync(final)) return final;
  const draft = join(init.dir, 'data.new');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await handOver(draft, init.unprivileged);
  await handOver(init.dir, init.unprivileged);
  await run(init.unprivileged, [
    init.programs.initdb,
    ...['--pgdata', draft, '--username', 'postgres', '--auth', 'reject', '--no-instructions'],
    ...['--encoding', 'UTF8', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C'],
    ...['--set', 'max_connections=20', '--set', 'shared_buffers=16MB'],
  ]);
  const singleUser = [init.programs.postgres, '--single', '-D', draft, 'postgres'];
  await run(init.unprivileged, singleUser, [
    `CREATE ROLE ${init.role} LOGIN PASSWORD '${init.password}'`,
    `CREATE DATABASE ${init.database} OWNER ${init.role}`,
  ]);
  const onlyDoor = `host ${init.database} ${init.role} 127.0.0.1/32 scram-sha-256\n`;
  await writeFile(join(draft, 'pg_hba.conf'), onlyDoor, { flush: true });
  await rename(draft, final);
  return final;
}

async function run({ prefix, uid }: Unprivileged, program: string[], statements: string[] = []): Promise<void> {
  const [command = '', ...rest] = [...prefix, ...program];
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const output = collectOutput(child);
  child.stdin.end(statements.map((statement) => `${statement}\n`).join(''));
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  const text = output.join('');
  // Single-user mode exits with 0 whatever its statements came to.
  if (code === 0 && !/^.*(ERROR|FATAL|PANIC):/m.test(text)) return;
  throw new EngineStartError(`could not be set up: ${lastLine(text)}`);
}

function collectOutput(child: ChildProcess): string[] {
  const output: string[] = [];
  child.stdout?.on('data', (chunk) => output.push(String(chunk)));
  child.stderr?.on('data', (chunk) => output.push(String(chunk)));
  return output;
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /error|FATAL|PANIC/i.test(line)) ?? lines.at(-1) ?? 'it said nothing').trim();
}
