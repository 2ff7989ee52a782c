import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AlertPolicies, type AlertPolicy, PRESENT_POLICIES } from '../../platform/detection/alert-policy.ts';
import { isCountedMetric, MINUTE_MS, mayStop } from '../../platform/detection/close-minute.ts';
import type { Episode } from '../../platform/detection/episode.ts';
import { createRefold } from '../../platform/detection/refold.ts';
import { invalidRequest } from '../../platform/http/issues.ts';
import { resolveTenant } from '../../platform/http/tenant-scope.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import { BACKTEST_LIMITS, type Backtest, type BacktestAnomaly, type BacktestBody } from '../../schemas/api/backtest.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant, type Range, readRange } from '../range.ts';
import { read } from '../store.ts';

export interface BacktestRequest {
  principal: Principal;
  body: BacktestBody;
  signal: AbortSignal;
}

interface Minute {
  atS: number;
  count: number;
  sum: number;
}

const dayMs = 86_400_000;
/** So many minutes are folded before others get their turn. */
const minutesPerTurn = 5_000;
const minutesQuery = loadQuery('series-minutes');

/** What would have been told of a series with other parameters, beside what is with the present ones. ApiError 400 for a bad range or series. */
export async function backtest(deps: QueryApiDeps, { principal, body, signal }: BacktestRequest): Promise<Backtest> {
  const { clickhouse, directory } = deps;
  const series = seriesOf(body);
  const range = rangeOf(body, deps.now());
  const tenant = await resolveTenant({ directory, principal, reference: body.orgCode, purpose: 'read' });
  const learnedFrom = Math.max(0, range.from - BACKTEST_LIMITS.learnedDays * dayMs);
  const bounds = { from: Math.floor(learnedFrom / 1000), to: Math.ceil(range.to / 1000) };
  const limit = (BACKTEST_LIMITS.days + BACKTEST_LIMITS.learnedDays) * (dayMs / MINUTE_MS) + 1;
  const params = { tenant: tenant.id, ...series, ...bounds, limit };
  const minutes = await read<Minute>(clickhouse, { query: minutesQuery, params, signal });
  const { kind, metric } = series;
  const of = { isCounted: isCountedMetric(kind, metric), mayStop: mayStop(kind, metric) };
  const runs: Run[] = [];
  for (const policies of [PRESENT_POLICIES, givenPolicies(body)]) {
    runs.push({ policies, anomalies: await refold(minutes, { policies, of, range, signal }) });
  }
  const [present, given] = runs as [Run, Run];
  const inRange = minutes.filter(({ atS }) => atS * 1000 >= range.from).length;
  return {
    meta: {
      ...{ from: formatInstant(range.from), to: formatInstant(range.to), learned_from: formatInstant(learnedFrom) },
      ...{ minutes: inRange, learned_minutes: minutes.length - inRange },
    },
    present: toRun(present),
    given: toRun(given),
    difference: {
      added: only(given.anomalies, present.anomalies).map(toView),
      removed: only(present.anomalies, given.anomalies).map(toView),
      kept: given.anomalies.length - only(given.anomalies, present.anomalies).length,
    },
  };
}

interface Run {
  policies: AlertPolicies;
  anomalies: Episode[];
}

function seriesOf({ service_id: service, capability, metric_name: metric }: BacktestBody) {
  if ((service === undefined) === (capability === undefined)) {
    throw invalidRequest('body', [{ field: 'service_id', issue: 'give either service_id or capability' }]);
  }
  return { kind: service === undefined ? 'capability' : 'service', subject: service ?? capability ?? '', metric };
}

function rangeOf({ from, to }: BacktestBody, now: number): Range {
  const result = readRange({ from, to }, { now, retentionDays: 0 });
  if ('issue' in result) throw invalidRequest('body', [result.issue]);
  const { range } = result;
  if (range.from < 0 || range.to - range.from <= BACKTEST_LIMITS.days * dayMs) return range;
  throw invalidRequest('body', [{ field: 'to', issue: `must be at most ${BACKTEST_LIMITS.days} days after from` }]);
}

function givenPolicies({ long, short }: BacktestBody): AlertPolicies {
  return { long: mixed(PRESENT_POLICIES.long, long), short: mixed(PRESENT_POLICIES.short, short) };
}

function mixed(present: AlertPolicy, given: BacktestBody['long'] = {}): AlertPolicy {
  const { threshold, persistence, cooldown_minutes: cooldown, escalation } = given;
  return {
    threshold: threshold ?? present.threshold,
    persistencePoints: persistence ?? present.persistencePoints,
    cooldownMs: cooldown === undefined ? present.cooldownMs : cooldown * MINUTE_MS,
    escalation: escalation ?? present.escalation,
  };
}

interface Terms {
  policies: AlertPolicies;
  of: { isCounted: boolean; mayStop: boolean };
  range: Range;
  signal: AbortSignal;
}

/** What begins in the range; what does before is learned. */
async function refold(minutes: readonly Minute[], { policies, of, range, signal }: Terms): Promise<Episode[]> {
  const fold = createRefold(policies, of);
  for (const [index, { atS, count, sum }] of minutes.entries()) {
    if (index % minutesPerTurn === minutesPerTurn - 1) await nextTurn(undefined, { signal });
    fold.take({ at: atS * 1000, value: of.isCounted ? count : sum / count });
  }
  fold.passTo(range.to);
  return fold.anomalies().filter(({ startsAt }) => startsAt >= range.from && startsAt < range.to);
}

/** Those that meet none of the others in time. */
function only(anomalies: readonly Episode[], others: readonly Episode[]): Episode[] {
  const endOf = ({ endsAt }: Episode) => (endsAt === 0 ? Number.POSITIVE_INFINITY : endsAt);
  return anomalies
    .filter((one) => !others.some((other) => one.startsAt <= endOf(other) && other.startsAt <= endOf(one)))
    .slice(0, BACKTEST_LIMITS.anomalies);
}

function toRun({ policies, anomalies }: Run): Backtest['given'] {
  return {
    long: toPolicy(policies.long),
    short: toPolicy(policies.short),
    anomalies: anomalies.slice(0, BACKTEST_LIMITS.anomalies).map(toView),
    total: anomalies.length,
  };
}

function toPolicy({ threshold, persistencePoints, cooldownMs, escalation }: AlertPolicy) {
  return { threshold, persistence: persistencePoints, cooldown_minutes: cooldownMs / MINUTE_MS, escalation };
}

function toView({ kind, startsAt, endsAt, reason, finding }: Episode): BacktestAnomaly {
  const { value, expected, zScore, anomalyScore, evidence } = finding;
  return {
    kind,
    starts_at: formatInstant(startsAt),
    ends_at: endsAt === 0 ? null : formatInstant(endsAt),
    resolved_reason: reason === '' ? null : reason,
    ...{ value, expected, z_score: zScore, anomaly_score: anomalyScore, evidence },
    direction: zScore < 0 ? 'below' : 'above',
  };
}
