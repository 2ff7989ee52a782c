import { seriesOf } from '../../processors/analytics/series.ts';
import { Arena } from '../../processors/memory/arena.ts';
import { slo as processor } from '../../processors/slo/slo.ts';
import type { SloState } from '../../processors/slo/slo-state.ts';
import { statusAt } from '../../processors/slo/slo-status.ts';
import type { SloDetails } from '../../schemas/api/slo.ts';
import { NO_SETTINGS, type SloDefinition } from '../../schemas/control/control-record.ts';
import type { ApiClient } from '../support/client.ts';
import { periodOf } from '../support/periods.ts';
import { type Check, checkEqual } from './checks.ts';
import { type ReceiptEvent, summarize, type Targets } from './facts.ts';

export interface SloQuestion {
  api: ApiClient;
  orgCode: string;
  capability: string;
  metricType: string;
  targets: Targets;
  events: readonly ReceiptEvent[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Shares of the events that have come at the times at which all is frozen. */
const frozenShares = [0.1, 0.3, 0.5, 0.7, 0.9, 1];
const objective = 0.9;

type Window = Pick<SloDefinition, 'windowDays' | 'calendar' | 'timeZone' | 'dimensions'>;

const windows: Readonly<Record<string, Window>> = {
  'last 30 days': { windowDays: 30, calendar: 'none', timeZone: 'UTC', dimensions: {} },
  'last 366 days': { windowDays: 366, calendar: 'none', timeZone: 'UTC', dimensions: {} },
  'month of Amsterdam': { windowDays: 0, calendar: 'month', timeZone: 'Europe/Amsterdam', dimensions: {} },
  'quarter of Kathmandu': { windowDays: 0, calendar: 'quarter', timeZone: 'Asia/Kathmandu', dimensions: {} },
  'last 90 days of General': { windowDays: 90, calendar: 'none', timeZone: 'UTC', dimensions: { urgency: 'General' } },
};

/** Compares SLOs over a metric, at several frozen times, with the exact answers: what the API says, and what the processor counts as it goes. */
export async function checkSlos(question: SloQuestion): Promise<Check[]> {
  const events = [...question.events].sort((a, b) => a.at - b.at);
  const instants = frozenShares.map((share) => (events[Math.ceil(share * events.length) - 1]?.at ?? 0) + 17 * minuteMs);
  const streamed = streamedCounts(question, events, instants);
  const checks: Check[] = [];
  for (const [number, [name, window]] of Object.entries(windows).entries()) {
    const path = `/api/v1/slo/${question.metricType}-${number}`;
    await question.api.put(path, bodyOf(question, window));
    for (const [index, at] of instants.entries()) {
      const exact = exactCount(question, events, { window, at });
      const query = { orgCode: question.orgCode, at: new Date(at).toISOString() };
      const { status } = await question.api.get<SloDetails>(path, query);
      const what = `SLO of ${question.metricType}, ${name}, ${new Date(at).toISOString().slice(0, 16)}`;
      checks.push(checkEqual(`${what}: API`, textOf(status), textOf(exact)));
      checks.push(checkEqual(`${what}: stream`, streamed[index]?.[number], textOf(exact)));
    }
  }
  return checks;
}

interface Count {
  events: number;
  bad: number;
}

const textOf = ({ events, bad }: Count): string => `${bad} bad of ${events}`;

function bodyOf(
  { orgCode, capability, metricType }: SloQuestion,
  { windowDays, calendar, timeZone, dimensions }: Window,
) {
  const window = calendar === 'none' ? { days: windowDays } : { calendar, timeZone };
  return { orgCode, metricId: `met_${capability}_${metricType}`, objective, window, dimensions };
}

function exactCount(
  { targets }: SloQuestion,
  events: readonly ReceiptEvent[],
  { window, at }: { window: Window; at: number },
): Count {
  const now = Math.floor(at / minuteMs) * minuteMs;
  const own = events.filter((event) => event.at < now && isMeant(event, window) && isWithin(event.at, { window, now }));
  const { slaTotal, slaMet } = summarize(own, targets);
  return { events: slaTotal, bad: slaTotal - slaMet };
}

const isMeant = ({ dimensions }: ReceiptEvent, window: Window): boolean =>
  Object.entries(window.dimensions).every(([name, value]) => dimensions[name] === value);

function isWithin(at: number, { window, now }: { window: Window; now: number }): boolean {
  const { windowDays, calendar, timeZone } = window;
  if (calendar === 'none') return at >= Math.floor(now / hourMs) * hourMs - windowDays * dayMs;
  return periodOf(at, calendar, timeZone) === periodOf(now, calendar, timeZone);
}

/** What the processor has counted at each time, for each window: the events go through it one by one. */
function streamedCounts(
  question: SloQuestion,
  events: readonly ReceiptEvent[],
  instants: readonly number[],
): string[][] {
  const slos = Object.values(windows).map((window, number) => definitionOf(question, window, String(number)));
  const settings = { ...NO_SETTINGS, revision: 1, slos };
  let state: SloState | undefined;
  let clock = 0;
  const passTo = (at: number): void => {
    clock = Math.max(clock, at);
    if (state !== undefined) processor.onTime?.(state, { clock, watermark: clock, settings });
  };
  let next = 0;
  return instants.map((instant) => {
    for (; (events[next]?.at ?? Number.POSITIVE_INFINITY) <= instant; next++) {
      const measurement = measurementOf(question, events[next] as ReceiptEvent);
      if (measurement.slaTarget === null) continue;
      state ??= processor.init(seriesOf(measurement), new Arena());
      processor.onMeasurement(state, measurement, { clock, watermark: clock, settings });
      passTo(measurement.at);
    }
    passTo(instant);
    return slos.map((definition) => (state === undefined ? '' : textOf(countOf(state, definition, instant))));
  });
}

function countOf(state: SloState, definition: SloDefinition, instant: number): Count {
  const counts = state.watches.get(definition.id)?.counts ?? state.counts;
  return statusAt({ definition, counts, excluded: [], at: Math.floor(instant / minuteMs) * minuteMs }).count;
}

function definitionOf({ capability, metricType }: SloQuestion, window: Window, id: string): SloDefinition {
  return { id, subjectKind: 'capability', subject: capability, metric: metricType, objective, minEvents: 1, ...window };
}

function measurementOf({ capability, metricType, targets }: SloQuestion, { at, value, dimensions }: ReceiptEvent) {
  return {
    ...{
      tenant: 'org_receipt',
      subjectKind: 'capability' as const,
      subject: capability,
      metric: metricType,
      at,
      value,
    },
    ...{ slaTarget: targets[dimensions.urgency ?? ''] ?? null, dimensions, unrolled: [], correlationId: '' },
    ...{ eventId: '', hasClientId: false, receivedAt: at, retentionDays: 0, partition: 0, offset: 0, index: 0 },
  };
}
