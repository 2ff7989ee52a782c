import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClickHouseUnavailableError } from '../../platform/clickhouse.ts';
import { ApiError } from '../../platform/errors.ts';
import { resolveTenants } from '../../platform/http/tenant-scope.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import type { Status } from '../../schemas/api/status.ts';
import { countAnomalies } from '../anomalies/read-anomalies.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant } from '../range.ts';
import { read } from '../store.ts';

/** Something is saved with every minute that passes, and at least every few after a long snapshot. */
export const STALLED_MS = 300_000;
const hourMs = 3_600_000;
const notInstalled = 'not_installed';

const seriesQuery = loadQuery('monitored-series');
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

interface Figures {
  series: number;
  anomalies: number;
}

/** How the system is, and what it watches of the caller's organizations. Answers too while ClickHouse is away. */
export async function readStatus(
  deps: QueryApiDeps,
  { principal, signal }: { principal: Principal; signal: AbortSignal },
): Promise<Status> {
  const now = deps.now();
  const tenants = (await resolveTenants({ ...deps, principal, purpose: 'read' })).map(({ id }) => id);
  const [lastRun, figures] = await Promise.all([
    deps.control.lastRun(),
    readFigures(deps, { tenants, now, signal }).catch(whenAway),
  ]);
  const watchdog = stateOf(lastRun, now);
  return {
    status: watchdog === 'running' && figures !== undefined ? 'ok' : 'degraded',
    version,
    components: {
      watchdog,
      ...{ vectorizer: notInstalled, rca: notInstalled, llm: notInstalled },
      clickhouse: figures === undefined ? 'unavailable' : 'ok',
    },
    watchdog: {
      last_run: lastRun === undefined ? null : formatInstant(lastRun.getTime()),
      metrics_monitored: figures?.series ?? null,
      anomalies_last_hour: figures?.anomalies ?? null,
    },
  };
}

function stateOf(lastRun: Date | undefined, now: number): Status['components']['watchdog'] {
  if (lastRun === undefined) return 'not_started';
  return now - lastRun.getTime() <= STALLED_MS ? 'running' : 'stalled';
}

async function readFigures(
  { clickhouse }: QueryApiDeps,
  { tenants, now, signal }: { tenants: readonly string[]; now: number; signal: AbortSignal },
): Promise<Figures> {
  if (tenants.length === 0) {
    await clickhouse.ping();
    return { series: 0, anomalies: 0 };
  }
  const from = Math.floor((now - 24 * hourMs) / hourMs) * (hourMs / 1000);
  const range = { from: now - hourMs, to: now + hourMs };
  const any = { service: '', kind: '', resolved: undefined, resolvedIds: [], minScore: 0 } as const;
  const [series, anomalies] = await Promise.all([
    read<{ count: number }>(clickhouse, { query: seriesQuery, params: { tenants, from }, signal }),
    countAnomalies(clickhouse, { ...any, tenants, range, signal }),
  ]);
  return { series: series[0]?.count ?? 0, anomalies };
}

function whenAway(error: unknown): undefined {
  if (error instanceof ClickHouseUnavailableError) return undefined;
  if (error instanceof ApiError && error.statusCode === 503) return undefined;
  throw error;
}
