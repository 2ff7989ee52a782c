import { metricId } from '../../platform/tenancy/tenancy.ts';
import type { SloView } from '../../schemas/api/slo.ts';
import type { StoredSlo } from './slo-store.ts';

/** The definition of an SLO as the API shows it. */
export function toSloView(slo: StoredSlo, orgCode: string): SloView {
  const { id, name, subject, metric, dimensions, objective, minEvents, createdAt, updatedAt } = slo;
  return {
    ...{ id, orgCode, name, metricId: metricId(subject, metric), capabilityCode: subject, metricType: metric },
    ...{ dimensions, objective, window: windowOf(slo), minEvents },
    ...{ createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() },
  };
}

function windowOf({ windowDays, calendar, timeZone }: StoredSlo): SloView['window'] {
  return calendar === 'none' ? { days: windowDays } : { calendar, timeZone };
}
