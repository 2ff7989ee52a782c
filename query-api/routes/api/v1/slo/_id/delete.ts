import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../../platform/http/tenant-scope.ts';
import { DeletedSloSchema, SloDeleteQuerySchema, SloParamsSchema } from '../../../../../../schemas/api/slo.ts';
import { callOf } from '../../../../../control/call.ts';

export default async function deleteSlo(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.delete(
    '/',
    {
      config: { permission: 'admin', extension: true, action: 'slo.delete' },
      schema: {
        tags: ['SLOs'],
        summary: 'Delete an SLO',
        description:
          'Its open alarms end; past ones are kept, and are seen again when an SLO of the same id is defined.',
        params: SloParamsSchema,
        querystring: SloDeleteQuerySchema,
        response: { 200: DeletedSloSchema },
      },
    },
    async (request) => {
      const { principal, params, query } = request;
      const tenant = await resolveTenant({ directory, principal, reference: query.orgCode, purpose: 'write' });
      await control.slos.remove(callOf(request), { tenant, id: params.id });
      return { id: params.id, status: 'deleted' as const };
    },
  );
}
