import type { CaseFlow, MaintenancePeriod, TenantSettings } from '../../schemas/control/control-record.ts';
import { type Interval, mergeIntervals } from './active-time.ts';

/** What holds for the cases of one capability. */
export interface CaseRules {
  /** Undefined: none was defined. Cases then stay open, and nothing is at risk. */
  flow: CaseFlow | undefined;
  /** When their time stands still: maintenance that counts for no SLA. */
  pauses: readonly Interval[];
  /** What mutes their signals. */
  mutes: readonly MaintenancePeriod[];
}

/** By settings, which never change in place: the rules of a capability are asked for with every milestone. */
const known = new WeakMap<TenantSettings, Map<string, CaseRules>>();

export function rulesOf(settings: TenantSettings, capability: string): CaseRules {
  let rules = known.get(settings);
  if (rules === undefined) {
    rules = new Map();
    known.set(settings, rules);
  }
  let ofCapability = rules.get(capability);
  if (ofCapability === undefined) {
    ofCapability = readRules(settings, capability);
    rules.set(capability, ofCapability);
  }
  return ofCapability;
}

function readRules({ flows, maintenance }: TenantSettings, capability: string): CaseRules {
  const flow = flows.find((one) => one.capability === capability);
  const about = maintenance.filter(({ subjects }) => subjects.includes(capability));
  return {
    flow,
    pauses:
      flow?.pausesInMaintenance === true ? mergeIntervals(about.filter(({ excludeFromSla }) => excludeFromSla)) : [],
    mutes: about.filter(({ suppressAlerts }) => suppressAlerts),
  };
}

/** The maintenance that mutes signals at an instant; empty: none. */
export const mutedBy = ({ mutes }: CaseRules, at: number): string =>
  mutes.find(({ from, to }) => from <= at && at < to)?.id ?? '';

const deadlinePattern = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
/** What the tables can hold: 1900 to 2299. */
const earliestDeadline = Date.UTC(1900, 0, 1);
export const LATEST_INSTANT = Date.UTC(2300, 0, 1) - 1;

/** The deadline a milestone brings along; undefined when there is none, or no RFC 3339 date-time. */
export function deadlineOf({ flow }: CaseRules, dimensions: Readonly<Record<string, string>>): number | undefined {
  if (flow === undefined || flow.deadlineDimension === '') return undefined;
  const text = dimensions[flow.deadlineDimension];
  if (text === undefined || !deadlinePattern.test(text)) return undefined;
  const at = Date.parse(text.replace(' ', 'T').toUpperCase());
  return at >= earliestDeadline && at <= LATEST_INSTANT ? at : undefined;
}
