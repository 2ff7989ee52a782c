import { type FastifyInstance, fastify } from 'fastify';

/** Everything in it that would call another host is off; the content security policy of the docs forbids the rest. */
const configuration = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
} as const;

/**
 * Serves Scalar at /reference. It is loaded when the first reader comes, because it costs 0.1 s and 35 MB that most processes
 * never need.
 */
export function addScalar(app: FastifyInstance, title: string): void {
  let loading: Promise<FastifyInstance> | undefined;
  const hidden = { schema: { hide: true } };
  app.get('/reference', hidden, (_request, reply) => reply.redirect('/reference/', 301));
  for (const url of ['/reference/', '/reference/js/scalar.js']) {
    app.get(url, hidden, async (_request, reply) => {
      loading ??= loadScalar(title);
      const { headers, rawPayload } = await (await loading).inject(url);
      return reply.type(String(headers['content-type'])).send(rawPayload);
    });
  }
}

async function loadScalar(title: string): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const inner = fastify();
  await inner.register(scalar, { routePrefix: '/reference', configuration: { ...configuration, pageTitle: title } });
  await inner.ready();
  return inner;
}
