import type { FieldIssue } from '../../platform/errors.ts';
import { invalidRequest } from '../../platform/http/issues.ts';
import type { Catalog } from '../../platform/tenancy/tenancy.ts';
import { type PutSlo, SLO_LIMITS } from '../../schemas/api/slo.ts';
import { findZone } from '../../schemas/zone.ts';
import { splitMetricId } from '../control/put-metric.ts';
import type { SloToPut } from './slo-store.ts';

const noMetric =
  'names no metric of a capability; metrics of services have no SLA targets, so there can be no SLO about them';
const noZone = 'must be a time zone of the IANA database, such as Europe/Berlin';

/** The SLO a request defines. ApiError 400 that names every field which is wrong. */
export function acceptSlo(id: string, body: PutSlo, catalog: Catalog): SloToPut {
  const { metricId, name = id, dimensions = {}, objective, minEvents = SLO_LIMITS.defaultMinEvents } = body;
  const parts = splitMetricId(metricId, catalog);
  const zone = findZone(body.window.timeZone ?? 'UTC');
  const issues = windowIssues(body.window);
  if (parts === undefined) issues.unshift({ field: 'metricId', issue: noMetric });
  if (zone === undefined) issues.push({ field: 'window.timeZone', issue: noZone });
  if (parts === undefined || zone === undefined || issues.length > 0) throw invalidRequest('body', issues);
  const { days = 0, calendar = 'none' } = body.window;
  return {
    ...{ id, name: name.trim(), dimensions, objective, minEvents },
    ...{ subjectKind: 'capability', subject: parts.capability, metric: parts.metricType },
    ...{ windowDays: days, calendar, timeZone: zone.name },
  };
}

function windowIssues({ days, calendar, timeZone }: PutSlo['window']): FieldIssue[] {
  if ((days === undefined) === (calendar === undefined))
    return [{ field: 'window', issue: 'must have either days or a calendar' }];
  const isLost = timeZone !== undefined && calendar === undefined;
  return isLost
    ? [{ field: 'window.timeZone', issue: 'must not stand beside days: a rolling window has no zone' }]
    : [];
}
