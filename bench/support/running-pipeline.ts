import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface RunningPipeline extends AsyncDisposable {
  apiUrl: string;
  ingestUrl: string;
  adminKey: string;
  /** Of the supervisor; undefined when the pipeline was running before us. */
  pid: number | undefined;
  /** Undefined when the pipeline was running before us. */
  dataDir: string | undefined;
  /** From spawn to the `ready` line; undefined as above. */
  startMs: number | undefined;
  /** Stops a pipeline that was started here, and deletes its data when they were temporary; a foreign one goes on. */
  stop(): Promise<void>;
}

export interface PipelineOptions {
  /** Where the data stay afterwards; without it a temporary directory, deleted at the end. */
  dataDir?: string;
  /** Added to the environment of a started pipeline instead of free ports, no rate limits and few log lines. */
  env?: Record<string, string>;
  /** Bootstrap admin key of a started pipeline; without it a new one. */
  adminKey?: string;
  /** Receives each line the started pipeline prints. */
  onLine?(line: string): void;
}

const projectRoot = resolve(import.meta.dirname, '../..');
const startWithinMs = 60_000;
const stopWithinMs = 15_000;
const keptLines = 20;
/** Free ports, no rate limits and few log lines. */
export const unattended = {
  TIDEMARK_RATE_LIMITS: 'off',
  TIDEMARK_LOG_LEVEL: 'warn',
  TIDEMARK_INGEST_PORT: '0',
  TIDEMARK_API_PORT: '0',
  TIDEMARK_WEBHOOK_PORT: '0',
  TIDEMARK_PROCESSORS_PORT: '0',
};

/**
 * Uses the pipeline at `TIDEMARK_URL` (with the admin key in `TIDEMARK_ADMIN_KEY`) when that is set, otherwise starts one on free
 * ports, without rate limits, that ends with {@link RunningPipeline.stop} or with this process.
 */
export async function openPipeline(options: PipelineOptions = {}): Promise<RunningPipeline> {
  const url = process.env.TIDEMARK_URL;
  return url === undefined ? startPipeline(options) : usePipeline(url, process.env.TIDEMARK_ADMIN_KEY);
}

/** Starts a pipeline of its own whatever the environment says. Rejects with its last lines when it does not become ready in 60 s. */
export async function startPipeline(options: PipelineOptions): Promise<RunningPipeline> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tidemark-bench-')));
  const adminKey = options.adminKey ?? createAdminKey();
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['main.ts'], {
    cwd: projectRoot,
    // Over the channel it notices when we are gone, however that happens; in its own group Ctrl-C reaches us alone.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: {
      ...process.env,
      ...(options.env ?? unattended),
      TIDEMARK_DATA_DIR: dataDir,
      TIDEMARK_ADMIN_KEY: adminKey,
    },
  });
  const killWithUs = () => child.kill('SIGTERM');
  process.once('exit', killWithUs);
  const stop = async () => {
    await stopChild(child);
    process.off('exit', killWithUs);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const { api, ingest } = await readReadyUrls(child, options.onLine);
    const startMs = performance.now() - startedAt;
    return {
      apiUrl: api,
      ingestUrl: ingest,
      adminKey,
      pid: child.pid,
      dataDir,
      startMs,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A bootstrap admin key of the shape the configuration accepts. */
export function createAdminKey(): string {
  return `mk_live_${randomBytes(24).toString('base64url')}`;
}

function usePipeline(url: string, adminKey: string | undefined): RunningPipeline {
  if (adminKey === undefined) throw new Error('TIDEMARK_URL is set, so TIDEMARK_ADMIN_KEY has to be set too');
  const baseUrl = url.replace(/\/+$/, '');
  const stop = async () => {};
  const own = { pid: undefined, dataDir: undefined, startMs: undefined };
  return { apiUrl: baseUrl, ingestUrl: baseUrl, adminKey, ...own, stop, [Symbol.asyncDispose]: stop };
}

async function readReadyUrls(
  child: ChildProcess,
  onLine: PipelineOptions['onLine'],
): Promise<{ api: string; ingest: string }> {
  const lines: string[] = [];
  const { promise, resolve: succeed, reject } = Promise.withResolvers<string>();
  const take = (line: string) => {
    onLine?.(line);
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    if (line.startsWith('ready')) succeed(line);
  };
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface(stream).on('line', take);
  const giveUp = (why: string) => reject(new Error(`the pipeline ${why}; its last lines:\n${lines.join('\n')}`));
  child.once('exit', (code, signal) => giveUp(`ended with ${signal ?? code} before it was ready`));
  const timer = setTimeout(() => giveUp(`was not ready within ${startWithinMs / 1_000} s`), startWithinMs);
  const ready = await promise.finally(() => clearTimeout(timer));
  const api = urlNamed(ready, 'api');
  return { api, ingest: urlNamed(ready, 'ingest') };
}

function urlNamed(readyLine: string, name: string): string {
  const url = new RegExp(`\\b${name}\\S*?[ =:]+(https?://[^\\s,;/]+)`).exec(readyLine)?.[1];
  if (url === undefined) throw new Error(`no ${name} URL in the line: ${readyLine}`);
  return url;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(timer);
}
