import { notFound } from '../../../../../../platform/errors.ts';
import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenants } from '../../../../../../platform/http/tenant-scope.ts';
import { AnomalyPathSchema, AnomalySchema } from '../../../../../../schemas/api/anomalies.ts';
import { toAnomaly } from '../../../../../anomalies/anomaly-view.ts';
import { readAnomaly } from '../../../../../anomalies/read-anomalies.ts';

export default async function anomaly(app: HttpServer): Promise<void> {
  const { clickhouse, directory } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'query', family: 'A', extension: true },
      schema: {
        tags: ['Anomalies'],
        summary: 'Get an anomaly',
        params: AnomalyPathSchema,
        response: { 200: AnomalySchema },
      },
    },
    async ({ principal, params: { id }, signal }) => {
      const found = await resolveTenants({ directory, principal, purpose: 'read' });
      const tenants = found.map((tenant) => tenant.id);
      const stored = await readAnomaly(clickhouse, { tenants, id, signal });
      if (stored === undefined) throw notFound('There is no such anomaly.');
      return toAnomaly(stored);
    },
  );
}
