import type { MaintenancePeriod, SloDefinition, TenantSettings } from '../../schemas/control/control-record.ts';
import type { Random } from './random.ts';

const minute = 60_000;

/** What a tenant may have set: SLOs, how cases run, and maintenance, over or to come. */
export function createTenantSettings(
  random: Random,
  { revision, now }: { revision: number; now: number },
): TenantSettings {
  return {
    revision,
    slos: ['CycleTime', 'Cost'].filter(() => random.isHit(0.7)).map((metric) => createSlo(random, metric)),
    flows: random.isHit(0.8) ? [createFlow(random)] : [],
    maintenance: Array.from({ length: random.between(0, 2) }, (_, index) =>
      createPeriod(random, { id: `maintenance-${index}`, now }),
    ),
  };
}

function createSlo(random: Random, metric: string): SloDefinition {
  const isRolling = random.isHit(0.6);
  return {
    ...{ id: `slo-${metric}`, subjectKind: 'capability', subject: 'P2P', metric },
    dimensions: random.isHit(0.3) ? { urgency: 'high' } : {},
    objective: random.pick([0.5, 0.9, 0.99]),
    windowDays: isRolling ? random.pick([1, 30]) : 0,
    calendar: isRolling ? 'none' : random.pick(['week', 'month']),
    timeZone: random.pick(['UTC', 'Europe/Berlin']),
    minEvents: random.pick([1, 5]),
  };
}

function createFlow(random: Random): TenantSettings['flows'][number] {
  return {
    capability: 'P2P',
    endMilestones: random.isHit(0.9) ? ['Closed'] : [],
    targetMs: random.pick([null, 30 * minute, 120 * minute]),
    deadlineDimension: '',
    stageTargetsMs: random.isHit(0.5) ? { Opened: 15 * minute } : {},
    stuckAfterMs: random.pick([null, 40 * minute]),
    pausesInMaintenance: random.isHit(0.7),
  };
}

function createPeriod(random: Random, { id, now }: { id: string; now: number }): MaintenancePeriod {
  const from = now + random.between(-90, 10) * minute;
  const to = from + random.between(1, 60) * minute;
  return { id, subjects: ['P2P'], from, to, excludeFromSla: random.isHit(0.7), suppressAlerts: random.isHit(0.7) };
}
