import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { ServiceListQuerySchema, ServiceListSchema } from '../../../../../../schemas/api/telemetry-services.ts';
import { listServices } from '../../../../../telemetry/list-services.ts';

export default async function services(app: HttpServer): Promise<void> {
  app.get(
    '',
    {
      config: { permission: 'query', family: 'A' },
      schema: {
        tags: ['Telemetry', 'Extensions'],
        summary: 'List the services that send telemetry',
        description:
          'Extension. By name: every service that has sent metrics or logs, was deployed or had an alert since `since`.',
        querystring: ServiceListQuerySchema,
        response: { 200: ServiceListSchema },
      },
    },
    ({ principal, query, signal }) => listServices(app.deps, { principal, query, signal }),
  );
}
