import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../../platform/http/tenant-scope.ts';
import { PutSloSchema, SLO_LIMITS, SloParamsSchema, SloSchema } from '../../../../../../schemas/api/slo.ts';
import { callOf } from '../../../../../control/call.ts';
import { acceptSlo } from '../../../../../slo/accept-slo.ts';
import { toSloView } from '../../../../../slo/slo-view.ts';

export default async function defineSlo(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.put(
    '/',
    {
      config: { permission: 'admin', extension: true, action: 'slo.put' },
      schema: {
        tags: ['SLOs'],
        summary: 'Define an SLO',
        description: `Creates or replaces it; what is left out gets its default. Alarms follow the definition within seconds. An organization has at most ${SLO_LIMITS.slos}.`,
        params: SloParamsSchema,
        body: PutSloSchema,
        response: { 200: SloSchema },
      },
    },
    async (request) => {
      const { principal, params, body } = request;
      const tenant = await resolveTenant({ directory, principal, reference: body.orgCode, purpose: 'write' });
      const slo = acceptSlo(params.id, body, await directory.catalog(tenant.id));
      return toSloView(await control.slos.put(callOf(request), { tenant, slo }), tenant.code);
    },
  );
}
