import type { ControlRecord, TenantSettings } from '../../schemas/control/control-record.ts';
import type { BusinessEvent, EventBatch } from '../../schemas/events/event-batch.ts';

/** What is to be otherwise than it was; what is absent stays. */
export interface Overrides {
  /** SLA target of every event that has one. */
  slaTarget?: number;
  /** The same, by the value of the metric's SLA dimension; counts before `slaTarget`. */
  slaTargets: ReadonlyMap<string, number>;
  /** Of every SLO, between 0 and 1. */
  sloObjective?: number;
  /** Of the scores of anomalies, both. */
  anomalyThreshold?: number;
  /** Of every case flow, milliseconds from the first milestone to the end. */
  caseTargetMs?: number;
}

/** Name of the dimension by which targets of a metric differ. */
export type SlaDimensionOf = (tenant: string, capability: string, metric: string) => string;

/** The batch with the targets that are asked for. Events without a target stay without. */
export function overrideBatch(batch: EventBatch, overrides: Overrides, dimensionOf: SlaDimensionOf): EventBatch {
  if (overrides.slaTarget === undefined && overrides.slaTargets.size === 0) return batch;
  const targetOf = (event: BusinessEvent): number | null => {
    if (event.slaTarget === null) return null;
    const value = event.dimensions[dimensionOf(batch.tenant, event.capability, event.metric)] ?? '';
    return overrides.slaTargets.get(value) ?? overrides.slaTarget ?? event.slaTarget;
  };
  return { ...batch, events: batch.events.map((event) => ({ ...event, slaTarget: targetOf(event) })) };
}

/** The record with the settings that are asked for. */
export function overrideControl(record: ControlRecord, overrides: Overrides): ControlRecord {
  return record.settings === null ? record : { ...record, settings: overrideSettings(record.settings, overrides) };
}

function overrideSettings(settings: TenantSettings, { sloObjective, caseTargetMs }: Overrides): TenantSettings {
  return {
    ...settings,
    slos: settings.slos.map((slo) => ({ ...slo, objective: sloObjective ?? slo.objective })),
    flows: settings.flows.map((flow) => ({ ...flow, targetMs: caseTargetMs ?? flow.targetMs })),
  };
}
