import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, type Env, readConfig } from '../config.ts';
import { findFreePort } from '../embedded/free-port.ts';
import type { RunningService } from '../service.ts';
import { lockDataDir } from './data-lock.ts';
import { removeEndpoints, writeEndpoints } from './endpoints.ts';
import type { HeapOptions } from './heap-flags.ts';
import { type Kept, keepAlive } from './keep-alive.ts';
import { ensurePortsFree, ensureWritable } from './preflight.ts';
import { createSink, type Sink } from './sink.ts';
import { type Stores, startStores } from './stores.ts';
import { startTier, type Tier } from './tier.ts';
import { type Ports, tierEnv } from './tier-env.ts';

/** One of the tiers. */
export interface TierProgram {
  name: string;
  /** Entry file, a `file:` URL. */
  entry: URL;
  heap?: HeapOptions;
  /** Gets the writing user of ClickHouse. */
  writesAnalytics: boolean;
  /** 1 stops first: what takes work in; 2 what works it off. */
  stopPhase: 1 | 2;
}

export interface SupervisorOptions {
  env: Env;
  tiers: readonly TierProgram[];
  /** Brings the stores to the newest schema; returns the secrets that the tiers share. */
  prepare(input: PrepareInput): Promise<Prepared>;
  say(line: string): void;
}

export interface Prepared {
  /** The bootstrap admin key when it was created now. */
  adminKey: string | undefined;
  pepper: string;
  /** See TierEnvOptions. */
  jwtSecret?: string | undefined;
}

export interface PrepareInput {
  env: Env;
  config: Config;
  dataDir: string;
  stores: Stores;
  sink: Sink;
}

type Ready = { urls: Record<string, string> };

const maxFirstTierFailures = 5;
const drainMs: Readonly<Record<TierProgram['stopPhase'], number>> = { 1: 3_500, 2: 2_000 };

/** Starts the stores, then the tiers; resolves when all of them serve. Throws ConfigError, DirectoryLockedError or the reason of the part that failed. */
export async function startSupervisor(options: SupervisorOptions): Promise<RunningService> {
  const { env, say } = options;
  const config = readConfig(env);
  const dataDir = resolve(config.dataDir);
  await ensureWritable(dataDir);
  const unlock = lockDataDir(dataDir);
  const sinkOf = createSinks(dataDir, say);
  await checkPorts(config);
  say(`data  ${dataDir}`);
  const stores = await startStores({ config, dataDir, sinkOf, say });
  const tiers: { phase: 1 | 2; kept: Kept<Tier<Ready>> }[] = [];
  const stop = async () => {
    for (const phase of [1, 2]) {
      await Promise.all(tiers.filter((tier) => tier.phase === phase).map((tier) => tier.kept.stop()));
    }
    await stores.stop();
    removeEndpoints(dataDir);
    unlock();
  };
  try {
    await writeEndpoints(dataDir, stores);
    const prepared = await options.prepare({ env, config, dataDir, stores, sink: sinkOf('tidemark') });
    const { adminKey, pepper, jwtSecret } = prepared;
    if (adminKey !== undefined) sayAdminKey(adminKey, say);
    const ports = await choosePorts(config);
    const launch = async (tier: TierProgram) => {
      const tierEnvironment = tierEnv({ env, config, dataDir, stores, ports, pepper, jwtSecret }, tier);
      const kept = await keepTier(tier, { env: tierEnvironment, sink: sinkOf(tier.name), say });
      tiers.push({ phase: tier.stopPhase, kept });
      return kept.first.ready.urls;
    };
    const urls = Object.assign({}, ...(await allOrFirstError(options.tiers.map(launch)))) as Record<string, string>;
    say(`ready  ${describeUrls(urls)}`);
    return { urls, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function keepTier(tier: TierProgram, run: { env: Env; sink: Sink; say(line: string): void }) {
  const spec = { ...tier, env: run.env, sink: run.sink, drainMs: drainMs[tier.stopPhase] };
  return keepAlive<Tier<Ready>>({
    name: tier.name,
    start: () => startTier<Ready>(spec),
    say: run.say,
    maxFirstFailures: maxFirstTierFailures,
  }).catch((error: Error) => {
    throw new Error(`${tier.name} cannot be started: ${error.message}`, { cause: error.cause });
  });
}

/** Waits for all, so that nothing is still starting when the first error is thrown. */
async function allOrFirstError<T>(promises: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}

function checkPorts({ host, ingestPort, apiPort, webhookPort, processorsPort }: Config): Promise<void> {
  return ensurePortsFree(
    host,
    [
      { variable: 'TIDEMARK_INGEST_PORT', port: ingestPort },
      { variable: 'TIDEMARK_API_PORT', port: apiPort },
      { variable: 'TIDEMARK_WEBHOOK_PORT', port: webhookPort },
      { variable: 'TIDEMARK_PROCESSORS_PORT', port: processorsPort },
    ].filter(({ port }) => port !== 0),
  );
}

// A tier that comes back must come back on the port whose URL was given out.
async function choosePorts({ ingestPort, apiPort, webhookPort, processorsPort }: Config): Promise<Ports> {
  const taken = new Set([ingestPort, apiPort, webhookPort, processorsPort]);
  const choose = async (wanted: number): Promise<number> => {
    if (wanted !== 0) return wanted;
    let port = await findFreePort();
    // What was free a moment ago is free still: the system may name it twice.
    while (taken.has(port)) port = await findFreePort();
    taken.add(port);
    return port;
  };
  return {
    ingest: await choose(ingestPort),
    api: await choose(apiPort),
    webhook: await choose(webhookPort),
    processors: await choose(processorsPort),
  };
}

function createSinks(dataDir: string, say: (line: string) => void): (name: string) => Sink {
  const logDir = join(dataDir, 'logs');
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  return (name) => createSink({ name, logDir, say, now: () => performance.now() });
}

function sayAdminKey(key: string, say: (line: string) => void): void {
  say('admin key, shown only this once:');
  say(`  ${key}`);
}

function describeUrls(urls: Record<string, string>): string {
  const order = ['api', 'ingest', 'webhook'];
  const names = [...order.filter((name) => name in urls), ...Object.keys(urls).filter((name) => !order.includes(name))];
  return names.map((name) => `${name} ${urls[name]}`).join('  ');
}
