import type { ClickHouse } from '../../platform/clickhouse.ts';
import type { TenantMaintenancePeriod } from '../../platform/tenancy/maintenance-periods.ts';
import {
  SLO_LIMITS,
  type SloAlarmView,
  type SloAttributionView,
  type SloDetails,
  type SloStatusView,
} from '../../schemas/api/slo.ts';
import { OPEN_END } from '../../schemas/control/control-record.ts';
import { excludedSpans } from '../../schemas/slo/exclusions.ts';
import {
  BURN_ALERTS,
  budgetOf,
  burnRateOf,
  burnThreshold,
  complianceOf,
  type EventCount,
} from '../../schemas/slo/slo-figures.ts';
import { type SloWindow, sloWindowAt } from '../../schemas/slo/slo-window.ts';
import { overlapMs, type Span, withoutSpans } from '../../schemas/spans.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant } from '../range.ts';
import { read } from '../store.ts';
import { type Attribution, readAttribution, readCount, readRecent } from './read-counts.ts';
import type { StoredSlo } from './slo-store.ts';

export interface SloQuestion {
  slo: StoredSlo;
  /** Of the tenant. */
  periods: readonly TenantMaintenancePeriod[];
  /** The status as of then: milliseconds since the epoch, of which whole minutes count. */
  at: number;
  signal: AbortSignal;
}

/** What an answer says of an SLO beside its definition. */
export type SloReport = Pick<SloDetails, 'status' | 'attribution' | 'alarms' | 'maintenance'>;

interface AlarmRow extends Omit<SloAlarmView, 'reason' | 'startedAt' | 'endedAt' | 'mutedBy'> {
  reason: 'recovered' | 'removed' | '';
  /** Seconds since the epoch. */
  startedAt: number;
  endedAt: number;
  mutedBy: string;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
/** What ClickHouse's DateTime can hold, milliseconds. */
const MAX_AT = (2 ** 32 - 1) * SECOND_MS;
const decimals = 1e9;

const alarmsQuery = loadQuery('slo-events');

/** What follows from a question before anything is read. */
interface Scope {
  at: number;
  window: SloWindow;
  excluded: readonly Span[];
  /** The window without what is excluded. */
  spans: readonly Span[];
}

/** How an SLO stands: exactly, from the rollups. */
export async function readSloStatus(clickhouse: ClickHouse, question: SloQuestion): Promise<SloStatusView> {
  const scope = scopeOf(question);
  return toStatus(question.slo, scope, await readFigures(clickhouse, question, scope));
}

/** The same with what the budget was spent on, the alarms, and the maintenance that was left out. */
export async function describeSlo(clickhouse: ClickHouse, question: SloQuestion): Promise<SloReport> {
  const { slo, periods, signal } = question;
  const scope = scopeOf(question);
  const [figures, attribution, alarms] = await Promise.all([
    readFigures(clickhouse, question, scope),
    readAttribution(clickhouse, { slo, spans: scope.spans, signal }),
    readAlarms(clickhouse, question, scope.at),
  ]);
  const budget = budgetOf(figures.count, slo.objective).total;
  return {
    status: toStatus(slo, scope, figures),
    attribution: attribution.map((part) => toAttribution(part, { bad: figures.count.bad, budget })),
    alarms: alarms.map(toAlarm),
    maintenance: maintenanceOf(periods, slo.subject, { from: scope.window.from, to: scope.at }),
  };
}

function scopeOf({ slo, periods, at: asked }: SloQuestion): Scope {
  const at = Math.floor(Math.min(Math.max(asked, 0), MAX_AT) / MINUTE_MS) * MINUTE_MS;
  const window = sloWindowAt(slo, at);
  const excluded = excludedSpans(periods, slo.subject);
  return { at, window, excluded, spans: withoutSpans({ from: window.from, to: at }, excluded) };
}

interface Figures {
  count: EventCount;
  /** In the order of BURN_ALERTS: short, long, short, long. */
  recent: EventCount[];
}

async function readFigures(clickhouse: ClickHouse, { slo, signal }: SloQuestion, scope: Scope): Promise<Figures> {
  const { at, excluded, spans } = scope;
  const lengthsMs = BURN_ALERTS.flatMap(({ shortMs, longMs }) => [shortMs, longMs]);
  const [count, recent] = await Promise.all([
    readCount(clickhouse, { slo, spans, signal }),
    readRecent(clickhouse, { slo, signal }, { at, lengthsMs, excluded }),
  ]);
  return { count, recent };
}

function toStatus(slo: StoredSlo, { at, window }: Scope, { count, recent }: Figures): SloStatusView {
  const compliance = complianceOf(count);
  const budget = budgetOf(count, slo.objective);
  return {
    at: formatInstant(at),
    state: stateOf(slo, count, compliance),
    compliance: rounded(compliance),
    events: count.events,
    good: count.events - count.bad,
    bad: count.bad,
    window: {
      from: formatInstant(window.from),
      to: formatInstant(at),
      ends: slo.calendar === 'none' ? null : formatInstant(window.until),
    },
    budget: {
      total: round(budget.total),
      spent: budget.spent,
      remaining: round(budget.remaining),
      share: rounded(budget.share),
    },
    burn: BURN_ALERTS.map((alert, index) => {
      const [short, long] = recent.slice(2 * index) as [EventCount, EventCount];
      return {
        alert: alert.name,
        threshold: burnThreshold(alert, window.lengthMs),
        shortWindow: lengthName(alert.shortMs),
        shortRate: round(burnRateOf(short, slo.objective)),
        longWindow: lengthName(alert.longMs),
        longRate: round(burnRateOf(long, slo.objective)),
        longEvents: long.events,
      };
    }),
  };
}

function stateOf({ objective, minEvents }: StoredSlo, { events }: EventCount, compliance: number | null) {
  if (compliance === null) return 'no_data' as const;
  return compliance < objective && events >= minEvents ? ('breached' as const) : ('met' as const);
}

const lengthName = (ms: number): string => {
  const minutes = ms / MINUTE_MS;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
};

function toAttribution(
  { dimension, value, events, bad }: Attribution,
  whole: { bad: number; budget: number },
): SloAttributionView {
  return { dimension, value, events, bad, share: round(bad / whole.bad), budgetShare: round(bad / whole.budget) };
}

function readAlarms(clickhouse: ClickHouse, { slo, signal }: SloQuestion, at: number): Promise<AlarmRow[]> {
  const params = { tenant: slo.tenant, id: slo.id, until: new Date(at), limit: SLO_LIMITS.alarms };
  return read<AlarmRow>(clickhouse, { query: alarmsQuery, params, signal });
}

function toAlarm({
  startedAt,
  endedAt,
  reason,
  mutedBy,
  shortRate,
  longRate,
  threshold,
  ...alarm
}: AlarmRow): SloAlarmView {
  const isBurn = alarm.kind !== 'breach';
  return {
    ...alarm,
    reason: reason === '' ? null : reason,
    startedAt: formatInstant(startedAt * SECOND_MS),
    endedAt: endedAt === 0 ? null : formatInstant(endedAt * SECOND_MS),
    shortRate: isBurn ? rounded(shortRate) : null,
    longRate: isBurn ? rounded(longRate) : null,
    threshold: isBurn ? threshold : null,
    mutedBy: mutedBy === '' ? null : mutedBy,
  };
}

function maintenanceOf(
  periods: readonly TenantMaintenancePeriod[],
  subject: string,
  window: Span,
): SloDetails['maintenance'] {
  return periods
    .filter((period) => period.subjects.includes(subject) && overlapMs(window, [period]) > 0)
    .slice(0, SLO_LIMITS.maintenance)
    .map(({ id, from, to }) => ({ id, from: formatInstant(from), to: to === OPEN_END ? null : formatInstant(to) }));
}

/** To nine decimals: what is beyond is the error of binary fractions. */
const round = (value: number): number => Math.round(value * decimals) / decimals;
const rounded = (value: number | null): number | null => (value === null ? null : round(value));
