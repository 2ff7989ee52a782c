import type { CaseFlow, MaintenancePeriod, TenantSettings } from '../../schemas/control/control-record.ts';
import { mergeSpans, type Span } from '../../schemas/spans.ts';

/** What holds for the cases of one capability. */
export interface CaseRules {
  /** Undefined: none was defined. Cases then stay open, and nothing is at risk. */
  flow: CaseFlow | undefined;
  /** When their time stands still: maintenance that counts for no SLA. */
  pauses: readonly Span[];
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
    pauses: flow?.pausesInMaintenance === true ? mergeSpans(about.filter(({ excludeFromSla }) => excludeFromSla)) : [],
    mutes: about.filter(({ suppressAlerts }) => suppressAlerts),
  };
}

/** The maintenance that mutes signals at an instant; empty: none. */
export const mutedBy = ({ mutes }: CaseRules, at: number): string =>
  mutes.find(({ from, to }) => from <= at && at < to)?.id ?? '';
