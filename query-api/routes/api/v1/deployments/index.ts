import type { HttpServer } from '../../../../../platform/http/server.ts';
import { DeploymentListQuerySchema, DeploymentListSchema } from '../../../../../schemas/api/telemetry-reads.ts';
import { listDeployments } from '../../../../telemetry/list-deployments.ts';

export default async function deployments(app: HttpServer): Promise<void> {
  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Telemetry', 'Extensions'],
        summary: 'List deployments',
        description: 'Extension. Newest first.',
        querystring: DeploymentListQuerySchema,
        response: { 200: DeploymentListSchema },
      },
    },
    ({ principal, query, signal }) => listDeployments(app.deps, { principal, query, signal }),
  );
}
