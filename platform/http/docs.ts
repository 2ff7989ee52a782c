import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import type { DocumentedBody } from '../../schemas/api/documented-bodies.ts';
import { forSwaggerUi, withAddress } from './docs-pages.ts';
import { ERROR_SCHEMAS } from './error-schemas.ts';
import { familyOfUrl } from './families.ts';
import { addScalar } from './scalar.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** What the OpenAPI document says instead of the schemas that requests and answers are checked against. */
    documented?: { body?: DocumentedBody; headers?: object; response?: Record<number, object> };
  }
}

export interface DocsOptions {
  title: string;
  /** Markdown. */
  description: string;
  version: string;
}

/** Keeps the pages from reaching any other host, whatever their bundles would like to load. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the OpenAPI 3.1 document at /openapi.json, Swagger UI at /api and Scalar at /reference; nothing in them leaves this server. Register before the routes. */
export async function addDocs(app: FastifyInstance, options: DocsOptions): Promise<void> {
  await app.register(swagger, { openapi: openApi(options), transform: describeRoute });
  await app.register(async (scope) => {
    scope.addHook('onRoute', openToAll);
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.header('content-security-policy', contentSecurityPolicy);
      reply.header('cache-control', 'no-cache');
      done();
    });
    scope.get('/openapi.json', { schema: { hide: true } }, (request) => withAddress(app.swagger(), request));
    addScalar(scope, options.title);
    await scope.register(swaggerUi, {
      routePrefix: '/api',
      theme: { title: options.title },
      uiConfig: { layout: 'BaseLayout' },
      transformSpecification: forSwaggerUi,
    });
  });
}

function openApi(info: DocsOptions): NonNullable<FastifyDynamicSwaggerOptions['openapi']> {
  return {
    openapi: '3.1.0',
    info,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

/** Adds to the schema of an operation what the route's configuration says: who may call it, the shape of its errors, and whether it is ours beyond the reference documents. */
const describeRoute: NonNullable<FastifyDynamicSwaggerOptions['transform']> = ({
  schema,
  url: registeredUrl,
  route,
}) => {
  const url = registeredUrl.replace(/(?<=.)\/$/, '');
  const { permission, extension, family = familyOfUrl(url), keyless } = route.config ?? {};
  // An empty one: it can be done without.
  const without = keyless === true ? [{}] : [];
  const security = permission === 'public' ? [] : [...without, { apiKey: [] }, { bearer: [] }];
  const { documented, ...validated } = schema ?? {};
  const response = {
    ...(schema?.response as object | undefined),
    ...documented?.response,
    default: ERROR_SCHEMAS[family],
  };
  const described = { security, ...validated, ...documented, response } as FastifySchema & { description?: string };
  if (extension !== true) return { schema: described, url };
  const description = ['*Extension.*', described.description].filter(Boolean).join(' ');
  return { schema: { ...described, description, 'x-tidemark-extension': true } as FastifySchema, url };
};

function openToAll(route: RouteOptions): void {
  route.config = { ...route.config, permission: 'public' };
}
