import { invalidRequest } from '../../../../../platform/http/issues.ts';
import type { HttpServer } from '../../../../../platform/http/server.ts';
import type { Tenant } from '../../../../../platform/tenancy/tenancy.ts';
import { EventListQuerySchema, EventListSchema, type ListedEvent } from '../../../../../schemas/api/event-list.ts';
import { READ_LIMITS } from '../../../../../schemas/api/selection.ts';
import { listEvents, listEventsOfCorrelation, type StoredEvent } from '../../../../list-events.ts';
import { formatInstant } from '../../../../range.ts';
import { readSelection } from '../../../../selection.ts';

export default async function events(app: HttpServer): Promise<void> {
  const { clickhouse } = app.deps;

  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Events'],
        summary: 'List events',
        description: `Newest first. Pages reach down to the newest ${READ_LIMITS.eventDepth} events of the range; narrow the range for older ones.`,
        querystring: EventListQuerySchema,
        response: { 200: EventListSchema },
      },
    },
    async ({ principal, query, signal }) => {
      const { page = 1, pageSize = READ_LIMITS.defaultEventPageSize, correlationId } = query;
      checkDepth(page, pageSize);
      const { selection, tenants } = await readSelection(app.deps, { principal, query, signal });
      const slice = { offset: (page - 1) * pageSize, limit: pageSize };
      const found = await (correlationId === undefined
        ? listEvents(clickhouse, selection, slice)
        : listEventsOfCorrelation(clickhouse, selection, { ...slice, correlation: correlationId }));
      const data = found.events.map((event) => toListedEvent(event, tenants));
      return { data, meta: { page, pageSize, totalCount: found.totalCount } };
    },
  );
}

function checkDepth(page: number, pageSize: number): void {
  if (page * pageSize <= READ_LIMITS.eventDepth) return;
  const issue = `must not reach beyond the newest ${READ_LIMITS.eventDepth} events; narrow the range with from and to instead`;
  throw invalidRequest('querystring', [{ field: 'page', issue }]);
}

function toListedEvent(event: StoredEvent, tenants: ReadonlyMap<string, Tenant>): ListedEvent {
  const { id, capability, metric, value, atMs, dimensions, correlationId } = event;
  return {
    id,
    orgCode: tenants.get(event.tenant)?.code ?? '',
    capabilityCode: capability,
    metricType: metric,
    value,
    timestamp: formatInstant(atMs),
    dimensions,
    ...(correlationId === '' ? {} : { correlationId }),
  };
}
