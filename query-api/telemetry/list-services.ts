import { invalidRequest } from '../../platform/http/issues.ts';
import type { PageTokens } from '../../platform/http/page-tokens.ts';
import { resolveTenants } from '../../platform/http/tenant-scope.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import { TELEMETRY_LIMITS } from '../../schemas/api/telemetry-limits.ts';
import {
  SERVICE_LIST_LIMITS,
  type Service,
  type ServiceList,
  type ServiceListQuery,
} from '../../schemas/api/telemetry-services.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant, readRange } from '../range.ts';
import { read } from '../store.ts';

export interface ServiceListRequest {
  principal: Principal;
  query: ServiceListQuery;
  signal: AbortSignal;
}

interface ServiceRow {
  tenant: string;
  service: string;
  /** When each kind of data was last seen, milliseconds since the epoch; 0: never. */
  metricsAtMs: number;
  logsAtMs: number;
  deployedAtMs: number;
  alertedAtMs: number;
  environment: string;
  version: string;
  total: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far back times are told to the minute, and to the hour. */
const MINUTES_BACK_MS = HOUR_MS;
const HOURS_BACK_MS = DAY_MS;

const servicesQuery = loadQuery('telemetry-services');

/** One page of the services that sent something lately, by name. ApiError 400 for a bad filter or page token, 404 for a foreign organization. */
export async function listServices(deps: QueryApiDeps, request: ServiceListRequest): Promise<ServiceList> {
  const { principal, query, signal } = request;
  const { service_id: service = '', limit = SERVICE_LIST_LIMITS.defaultPageSize } = query;
  const now = deps.now();
  const from = startOf(query.since, now);
  const found = await resolveTenants({ ...deps, principal, reference: query.orgCode, purpose: 'read' });
  const tenants = found.map(({ id }) => id);
  const list = ['services', tenants, service, query.since ?? ''];
  const [afterService = '', afterTenant = ''] = positionOf(deps.pageTokens, query.page_token, list);
  if (tenants.length === 0) return { services: [], total: 0, page_token: null };
  const bounds = {
    from: new Date(from),
    minutesFrom: new Date(Math.max(from, startOfHour(now - MINUTES_BACK_MS))),
    hoursFrom: new Date(Math.max(from, startOfHour(now - HOURS_BACK_MS))),
  };
  const { serviceLength } = TELEMETRY_LIMITS;
  const params = { tenants, service, serviceLength, ...bounds, afterService, afterTenant, limit: limit + 1 };
  const rows = await read<ServiceRow>(deps.clickhouse, { query: servicesQuery, params, signal });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const codes = new Map(found.map(({ id, code }) => [id, code]));
  return {
    services: shown.map((row) => toService(row, codes.get(row.tenant) ?? '')),
    total: rows[0]?.total ?? 0,
    page_token: last === undefined ? null : deps.pageTokens.sign(JSON.stringify([last.service, last.tenant]), list),
  };
}

/** The start of the day of `since`, as far back as the engine's times reach. */
function startOf(since: string | undefined, now: number): number {
  if (since === undefined) return startOfDay(now - SERVICE_LIST_LIMITS.defaultDays * DAY_MS);
  const result = readRange({ from: since, to: '2106-02-07' }, { now, retentionDays: 0 });
  if ('range' in result) return Math.max(0, startOfDay(result.range.from));
  throw invalidRequest('querystring', [{ field: 'since', issue: result.issue.issue.replace(/ to$/, ' 2106') }]);
}

const startOfDay = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;
const startOfHour = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

function positionOf(tokens: PageTokens, token: string | undefined, list: unknown): string[] {
  if (token === undefined) return [];
  const position = tokens.open(token, list);
  if (position !== undefined) return JSON.parse(position) as string[];
  throw invalidRequest('querystring', [{ field: 'page_token', issue: 'must be the page_token of the same list' }]);
}

function toService(row: ServiceRow, code: string): Service {
  const { service, metricsAtMs, logsAtMs, deployedAtMs, alertedAtMs, environment, version } = row;
  return {
    service_id: service,
    org_code: code,
    last_seen: formatInstant(Math.max(metricsAtMs, logsAtMs, deployedAtMs, alertedAtMs)),
    last_seen_by_kind: {
      metrics: instantOrNull(metricsAtMs),
      logs: instantOrNull(logsAtMs),
      deployments: instantOrNull(deployedAtMs),
      alerts: instantOrNull(alertedAtMs),
    },
    environment: environment === '' ? null : environment,
    version: version === '' ? null : version,
  };
}

const instantOrNull = (at: number): string | null => (at === 0 ? null : formatInstant(at));
