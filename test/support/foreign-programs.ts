import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import { waitFor } from './processes.ts';

/** Programs of others that speak to us, and the packages of Debian that have them. */
const PACKAGES = {
  prometheus: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  'victoria-metrics': 'victoria-metrics',
} as const;

export type ForeignProgram = keyof typeof PACKAGES;

export interface RunningProgram {
  url: string;
  /** What it printed last. */
  lines: readonly string[];
  stop(): Promise<void>;
}

const startWithinMs = 30_000;
const keptLines = 50;

/** Where the program is. Throws, naming the package to install, when it is not there: what needs it fails then and is not skipped. */
export function findProgram(name: ForeignProgram): string {
  const folders = (process.env.PATH ?? '').split(':').concat('/usr/bin', '/usr/local/bin');
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined)
    throw new Error(`${name} is not installed: apt-get install --no-install-recommends ${PACKAGES[name]}`);
  return found;
}

export interface AlertmanagerOptions {
  config: unknown;
  /** Port for the gossip of this one, and those of the others; without it the program is alone. */
  cluster?: { port: number; peers: readonly number[] };
}

/** An Alertmanager on a free port of loopback, with the configuration given. */
export async function startAlertmanager({ config, cluster }: AlertmanagerOptions): Promise<RunningProgram> {
  const gossip =
    cluster === undefined
      ? ['--cluster.listen-address=']
      : [
          `--cluster.listen-address=127.0.0.1:${cluster.port}`,
          `--cluster.advertise-address=127.0.0.1:${cluster.port}`,
          ...cluster.peers.map((port) => `--cluster.peer=127.0.0.1:${port}`),
          // Nobody waits for the other: both send, as those do that have lost sight of each other.
          '--cluster.peer-timeout=1ms',
          '--cluster.gossip-interval=50ms',
          '--cluster.settle-timeout=1s',
        ];
  return start('prometheus-alertmanager', {
    files: { 'alertmanager.json': config },
    args: (folder) => [`--config.file=${folder}/alertmanager.json`, `--storage.path=${folder}/data`, ...gossip],
  });
}

export interface PrometheusOptions {
  config: unknown;
  /** Other files in the folder of the configuration, by name. */
  files?: Readonly<Record<string, unknown>>;
}

/** A Prometheus on a free port of loopback. Its alerts are sent again every second. */
export async function startPrometheus({ config, files = {} }: PrometheusOptions): Promise<RunningProgram> {
  return start('prometheus', {
    files: { ...files, 'prometheus.json': config },
    args: (folder) => [
      `--config.file=${folder}/prometheus.json`,
      `--storage.tsdb.path=${folder}/data`,
      '--rules.alert.resend-delay=1s',
    ],
  });
}

interface Start {
  /** JSON, which is YAML. */
  files: Readonly<Record<string, unknown>>;
  args(folder: string): string[];
}

async function start(name: ForeignProgram, { files, args }: Start): Promise<RunningProgram> {
  const program = findProgram(name);
  const folder = await mkdtemp(join(tmpdir(), `tidemark-${name}-`));
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), JSON.stringify(content));
  const port = await findFreePort();
  const listen = `--web.listen-address=127.0.0.1:${port}`;
  const child = spawn(program, [...args(folder), listen], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const lines = keepLines(child);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await end(child);
    process.off('exit', killWithUs);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(() => isReady(child, url), startWithinMs);
  } catch (error) {
    await stop();
    throw new Error(`${name} was not ready; its last lines:\n${lines.join('\n')}`, { cause: error });
  }
  return { url, lines, stop };
}

async function isReady(child: ChildProcess, url: string): Promise<boolean> {
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
  const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true;
}

function keepLines(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    });
  }
  return lines;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
