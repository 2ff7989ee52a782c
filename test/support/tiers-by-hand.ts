import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogServer } from '../../platform/log-store/embedded-server.ts';
import { startTier, type Tier } from '../../platform/supervisor/tier.ts';
import { TOPIC_SETTINGS } from '../../schemas/topics.ts';
import { type Analytics, startAnalytics } from './analytics.ts';
import { startControlPlane } from './control-plane.ts';
import { runProgram } from './processes.ts';

/** Stores at URLs, and the programs that an operator starts with them. */
export interface TiersByHand {
  adminKey: string;
  analytics: Analytics;
  /** Each starts one more process of the tier and resolves with its URL. */
  startIngest(): Promise<string>;
  startProcessors(): Promise<string>;
  startQueryApi(): Promise<string>;
  stop(): Promise<void>;
}

type Started = Tier<{ urls: Record<string, string> }>;

const adminKey = 'mk_live_tiers-by-hand-admin-key';
const pepper = `v1:${Buffer.alloc(32, 9).toString('base64url')}`;
const jwtSecret = 'tiers by hand, the same in every process';
const silent = { out: () => undefined, err: () => undefined };
const drainMs = 10_000;

/** Real stores, migrated by the program that operators run. No process of a tier runs yet. */
export async function startTiersByHand(): Promise<TiersByHand> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-tiers-'));
  const [analytics, control] = await Promise.all([startAnalytics(), startControlPlane()]);
  const log = await createLogServer({ dir: join(dataDir, 'log'), token: 'secret', topics: TOPIC_SETTINGS });
  const tiers: Started[] = [];
  const common = {
    ...{ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TIDEMARK_DATA_DIR: dataDir },
    ...{ TIDEMARK_LOG_URL: log.url, DATABASE_URL: control.url, TIDEMARK_KEY_PEPPER: pepper },
    ...{ TIDEMARK_RATE_LIMITS: 'off', TIDEMARK_LOG_LEVEL: 'error' },
  };
  const writing = { ...common, CLICKHOUSE_URL: analytics.writerUrl };
  const migration = runProgram('platform/migrate/main.ts', [], { ...writing, TIDEMARK_ADMIN_KEY: adminKey });
  const { code } = await migration.ended;
  if (code !== 0) throw new Error(`migrate ended with ${code}: ${migration.lines.join('\n')}`);
  const start = async (name: string, env: Record<string, string>): Promise<string> => {
    const entry = new URL(`../../${name}/main.ts`, import.meta.url);
    const tier: Started = await startTier({ name, entry, env, sink: silent, drainMs });
    tiers.push(tier);
    return Object.values(tier.ready.urls)[0] ?? '';
  };
  return {
    adminKey,
    analytics,
    startIngest: () => start('ingest', { ...common, TIDEMARK_INGEST_PORT: '0', TIDEMARK_WEBHOOK_PORT: '0' }),
    startProcessors: () => start('processors', { ...writing, TIDEMARK_PROCESSORS_PORT: '0' }),
    startQueryApi: () =>
      start('query-api', {
        ...{ ...common, CLICKHOUSE_URL: analytics.readerUrl },
        ...{ TIDEMARK_API_PORT: '0', TIDEMARK_JWT_SECRET: jwtSecret },
      }),
    async stop() {
      await Promise.all(tiers.map((tier) => tier.stop()));
      await log.close();
      await Promise.all([analytics.stop(), control.close()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
