import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../../platform/http/tenant-scope.ts';
import type { MetricDefinition } from '../../../../../../platform/tenancy/tenancy.ts';
import {
  MetricDefinitionSchema,
  type MetricDefinitionView,
  MetricParamsSchema,
  PutMetricSchema,
} from '../../../../../../schemas/api/metric-definitions.ts';
import { callOf } from '../../../../../control/call.ts';

export default async function defineMetric(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.put(
    '/',
    {
      config: { permission: 'admin', action: 'metric.put' },
      schema: {
        tags: ['Metrics', 'Extensions'],
        summary: 'Define a metric',
        description:
          'Extension. Creates or replaces name, unit and SLA targets; what is left out gets its default. New targets apply to events sent from then on.',
        params: MetricParamsSchema,
        body: PutMetricSchema,
        response: { 200: MetricDefinitionSchema },
      },
    },
    async (request) => {
      const { principal, params, body } = request;
      const tenant = await resolveTenant({ directory, principal, reference: body.orgCode, purpose: 'write' });
      const catalog = await directory.catalog(tenant.id);
      const metric = await control.putMetric(callOf(request), { tenant, catalog, id: params.id, definition: body });
      await directory.propagated();
      return toView(metric);
    },
  );
}

function toView({ capability, ...metric }: MetricDefinition): MetricDefinitionView {
  return { ...metric, capabilityCode: capability };
}
