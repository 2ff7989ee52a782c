import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../../platform/http/tenant-scope.ts';
import { SloDetailsSchema, SloParamsSchema, SloReadQuerySchema } from '../../../../../../schemas/api/slo.ts';
import { describeSlo } from '../../../../../slo/describe-slo.ts';
import { readAsOf } from '../../../../../slo/read-as-of.ts';
import { toSloView } from '../../../../../slo/slo-view.ts';

export default async function slo(app: HttpServer): Promise<void> {
  const { clickhouse, directory, control, now } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'query', extension: true },
      schema: {
        tags: ['SLOs'],
        summary: 'Get an SLO',
        description:
          'Its definition and status: compliance, error budget, burn rates, what the budget was spent on, breaches and burn alerts. Minutes of maintenance that is excluded from the SLA are left out, also where it was told of afterwards.',
        params: SloParamsSchema,
        querystring: SloReadQuerySchema,
        response: { 200: SloDetailsSchema },
      },
    },
    async ({ principal, params, query, signal }) => {
      const at = readAsOf(query.at, now());
      const tenant = await resolveTenant({ directory, principal, reference: query.orgCode, purpose: 'read' });
      const [found, periods] = await Promise.all([
        control.slos.find(tenant.id, params.id),
        control.slos.excludedPeriods([tenant.id]),
      ]);
      const report = await describeSlo(clickhouse, { slo: found, periods, at, signal });
      return { ...toSloView(found, tenant.code), ...report };
    },
  );
}
