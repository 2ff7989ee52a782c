import type { SloDefinition } from '../../schemas/control/control-record.ts';
import {
  BURN_ALERTS,
  type BurnAlert,
  burnRateOf,
  burnThreshold,
  complianceOf,
  type EventCount,
} from '../../schemas/slo/slo-figures.ts';
import { type SloWindow, sloWindowAt } from '../../schemas/slo/slo-window.ts';
import { type Span, withoutSpans } from '../../schemas/spans.ts';
import type { EventCounts } from './event-counts.ts';

/** How fast the budget is spent, by one alert. */
export interface Burn {
  alert: BurnAlert;
  threshold: number;
  short: number;
  long: number;
  /** Events in the long window. */
  events: number;
}

/** How an SLO stands at a full minute. */
export interface SloStatus {
  at: number;
  window: SloWindow;
  count: EventCount;
  /** Null without events. */
  compliance: number | null;
  burns: readonly Burn[];
}

export interface StatusQuestion {
  definition: SloDefinition;
  counts: EventCounts;
  /** In order and disjoint. */
  excluded: readonly Span[];
  /** A full minute, milliseconds since the epoch: what happened before it counts. */
  at: number;
}

/** The figures of an SLO from counts: without the minutes that maintenance takes out. */
export function statusAt(question: StatusQuestion): SloStatus {
  const { definition, at } = question;
  const window = sloWindowAt(definition, at);
  const count = countSince(question, window.from);
  const burns = BURN_ALERTS.map((alert) => burnOf(question, alert, window.lengthMs));
  return { at, window, count, compliance: complianceOf(count), burns };
}

function burnOf(question: StatusQuestion, alert: BurnAlert, windowMs: number): Burn {
  const { objective } = question.definition;
  const [short, long] = [alert.shortMs, alert.longMs].map((ms) => countSince(question, question.at - ms));
  return {
    alert,
    threshold: burnThreshold(alert, windowMs),
    short: burnRateOf(short ?? nothing, objective),
    long: burnRateOf(long ?? nothing, objective),
    events: long?.events ?? 0,
  };
}

const nothing: EventCount = { events: 0, bad: 0 };

const countSince = ({ counts, excluded, at }: StatusQuestion, from: number): EventCount =>
  counts.sum(withoutSpans({ from, to: at }, excluded));
