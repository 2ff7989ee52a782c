import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance, RouteOptions } from 'fastify';

export interface DocsOptions {
  title: string;
  description: string;
  version: string;
}

/** Serves the OpenAPI 3.1 document at /openapi.json, Swagger UI at /api and Scalar at /reference; nothing in them leaves this server. Register before the routes. */
export async function addDocs(app: FastifyInstance, options: DocsOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: options,
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
    },
  });
  await app.register(async (scope) => {
    scope.addHook('onRoute', openToAll);
    scope.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    await scope.register(swaggerUi, { routePrefix: '/api', theme: { title: options.title } });
    await scope.register(scalar, { routePrefix: '/reference', configuration: { url: '/openapi.json' } });
  });
}

function openToAll(route: RouteOptions): void {
  route.config = { ...route.config, permission: 'public' };
}
