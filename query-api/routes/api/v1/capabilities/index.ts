import type { HttpServer } from '../../../../../platform/http/server.ts';
import { resolveTenant, resolveTenants } from '../../../../../platform/http/tenant-scope.ts';
import {
  CapabilityListSchema,
  CapabilityQuerySchema,
  CapabilitySchema,
  NewCapabilitySchema,
} from '../../../../../schemas/api/capabilities.ts';
import { callOf } from '../../../../control/call.ts';
import { listCapabilities } from '../../../../control/list-capabilities.ts';

export default async function capabilities(app: HttpServer): Promise<void> {
  const { clickhouse, directory, control } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Capabilities'],
        summary: 'List capabilities',
        description: 'The capabilities of one organization, or of all that the key may touch.',
        querystring: CapabilityQuerySchema,
        response: { 200: CapabilityListSchema },
      },
    },
    async ({ principal, query }) => {
      const tenants = await resolveTenants({ directory, principal, reference: query.orgCode, purpose: 'read' });
      return { data: await listCapabilities({ clickhouse, directory, tenants }) };
    },
  );

  app.post(
    '/',
    {
      config: { permission: 'admin', action: 'capability.create' },
      schema: {
        tags: ['Capabilities', 'Extensions'],
        summary: 'Create a capability',
        description: 'Extension. Events are accepted only for capabilities that exist.',
        body: NewCapabilitySchema,
        response: { 201: CapabilitySchema },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const tenant = await resolveTenant({ directory, principal, reference: body.orgCode, purpose: 'write' });
      const { code, name } = await control.createCapability(callOf(request), { tenant, capability: body });
      await directory.propagated();
      const metricTypes = [...new Set(body.metricTypes)].sort();
      return reply.code(201).send({ orgCode: tenant.code, code, name, metricTypes, dimensions: [], eventCount: 0 });
    },
  );
}
