import type { ApiClient } from '../support/client.ts';
import { postEvents, type WireEvent } from '../support/events.ts';
import { waitUntil } from '../support/wait.ts';
import { type Check, checkEqual, checkRow, checkSeries, type MetricRow, type SeriesPoint } from './checks.ts';
import type { Case } from './event-log.ts';
import {
  groupByBucket,
  groupByDimension,
  type Interval,
  type ReceiptEvent,
  summarize,
  type Targets,
  toEvents,
} from './facts.ts';
import { checkSlos } from './slo-checks.ts';

export interface ReceiptOptions {
  api: ApiClient;
  cases: readonly Case[];
  /** Code of the tenant to create; must not exist yet. */
  orgCode: string;
  onProgress?(line: string): void;
}

const capability = 'PERMIT';
const retentionDays = 36_500;
const visibleWithinMs = 60_000;
const dayMs = 86_400_000;
/** A series of hours is asked for in pieces, so that no answer holds more than 2,400 buckets. */
const hourSeriesDays = 100;
const intervals: readonly Interval[] = ['hour', 'day', 'week', 'month'];
/** Hours; the departments of the file. Lateness is counted from each case's own deadline, so its target is 0. */
const cycleTargets: Targets = { General: 24, Experts: 72, 'Customer contact': 1 };
const onTime: Targets = { General: 0, Experts: 0, 'Customer contact': 0 };
const metrics = [
  { metricType: 'Milestone', unit: 'count', targets: {}, groups: ['milestone', 'department'] },
  { metricType: 'CycleTime', unit: 'hours', targets: cycleTargets, groups: ['urgency', 'channel'] },
  { metricType: 'Lateness', unit: 'hours', targets: onTime, groups: ['urgency'] },
  { metricType: 'ActiveTime', unit: 'hours', targets: {}, groups: ['urgency'] },
] as const;

/** Sends the cases as events of a new tenant through the public API and compares every answer with the exact one. */
export async function runReceipt(options: ReceiptOptions): Promise<Check[]> {
  const { api, orgCode, onProgress = () => {} } = options;
  const events = toEvents(options.cases);
  await configure(api, orgCode);
  await postEvents(
    api,
    events.map((event) => toWire(orgCode, event)),
  );
  onProgress(`${events.length} events accepted for tenant ${orgCode}`);
  await waitUntilQueryable(api, orgCode, events.length);
  onProgress('all of them queryable');
  const question = { api, orgCode, range: rangeOf(events) };
  const checks = [await checkTotal(question, events.length)];
  for (const metric of metrics) {
    const own = events.filter(({ metricType }) => metricType === metric.metricType);
    checks.push(...(await checkMetric(question, { ...metric, events: own })));
    if (Object.keys(metric.targets).length === 0) continue;
    checks.push(...(await checkSlos({ ...metric, api, orgCode, capability, events: own })));
  }
  return checks;
}

interface Question {
  api: ApiClient;
  orgCode: string;
  range: { from: string; to: string };
}

interface MetricUnderTest {
  metricType: string;
  targets: Targets;
  groups: readonly string[];
  events: readonly ReceiptEvent[];
}

async function configure(api: ApiClient, orgCode: string): Promise<void> {
  await api.post('/api/v1/organizations', {
    code: orgCode,
    name: 'Receipt phase of permits',
    dataRetentionDays: retentionDays,
  });
  await api.post('/api/v1/capabilities', { orgCode, code: capability, name: 'Permit applications' });
  for (const { metricType, unit, targets } of metrics) {
    const body = { orgCode, displayName: metricType, unit, slaDimension: 'urgency', slaTargets: targets };
    await api.put(`/api/v1/metrics/met_${capability}_${metricType}`, body);
  }
}

function toWire(orgCode: string, { at, ...event }: ReceiptEvent): WireEvent {
  return { ...event, orgCode, capabilityCode: capability, timestamp: new Date(at).toISOString() };
}

async function waitUntilQueryable(api: ApiClient, orgCode: string, expected: number): Promise<void> {
  await waitUntil({ what: `${expected} events to be queryable`, withinMs: visibleWithinMs }, async () => {
    const { data } = await api.get<{ data: MetricRow[] }>('/api/v1/metrics', { orgCode, from: '1990-01-01' });
    return data.reduce((sum, { count }) => sum + count, 0) >= expected;
  });
}

async function checkTotal({ api, orgCode, range }: Question, expected: number): Promise<Check> {
  const query = { orgCode, ...range, pageSize: 1 };
  const { meta } = await api.get<{ meta: { totalCount: number } }>('/api/v1/events', query);
  return checkEqual('all events: totalCount of the event list', meta.totalCount, expected);
}

async function checkMetric(question: Question, metric: MetricUnderTest): Promise<Check[]> {
  const { metricType, events, targets } = metric;
  const [row] = await askRows(question, { metricType });
  const checks = checkRow(metricType, row, summarize(events, targets));
  for (const groupBy of metric.groups) {
    checks.push(...checkGroups(metric, groupBy, await askRows(question, { metricType, groupBy })));
  }
  for (const interval of intervals) {
    const exact = new Map([...groupByBucket(events, interval)].map(([date, own]) => [date, summarize(own)]));
    checks.push(checkSeries(`${metricType} by ${interval}`, await askSeries(question, metricType, interval), exact));
  }
  return checks;
}

type GroupRow = MetricRow & { dimensions?: Record<string, string | null> };

function checkGroups(metric: MetricUnderTest, groupBy: string, rows: readonly GroupRow[]): Check[] {
  const groups = groupByDimension(metric.events, groupBy);
  const count = checkEqual(`${metric.metricType} by ${groupBy}: groups`, rows.length, groups.size);
  const perGroup = [...groups].flatMap(([value, own]) => {
    const row = rows.find(({ dimensions }) => dimensions?.[groupBy] === value);
    return checkRow(`${metric.metricType} ${value}`, row, summarize(own, metric.targets));
  });
  return [count, ...perGroup];
}

async function askRows({ api, orgCode, range }: Question, filter: Record<string, string>): Promise<GroupRow[]> {
  const { data } = await api.get<{ data: GroupRow[] }>('/api/v1/metrics', { orgCode, capability, ...range, ...filter });
  return data;
}

async function askSeries(question: Question, metricType: string, interval: Interval): Promise<SeriesPoint[]> {
  const path = `/api/v1/metrics/met_${capability}_${metricType}/series`;
  const points: SeriesPoint[] = [];
  for (const range of interval === 'hour' ? splitRange(question.range) : [question.range]) {
    const query = { orgCode: question.orgCode, interval, ...range };
    points.push(...(await question.api.get<{ series: SeriesPoint[] }>(path, query)).series);
  }
  return points;
}

function rangeOf(events: readonly ReceiptEvent[]): Question['range'] {
  const times = events.map(({ at }) => at);
  return { from: dayOf(Math.min(...times)), to: dayOf(Math.max(...times)) };
}

function splitRange({ from, to }: Question['range']): Question['range'][] {
  const ranges: Question['range'][] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += hourSeriesDays * dayMs) {
    ranges.push({ from: dayOf(at), to: dayOf(Math.min(at + (hourSeriesDays - 1) * dayMs, Date.parse(to))) });
  }
  return ranges;
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
