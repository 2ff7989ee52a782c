import type { FastifyInstance } from 'fastify';
import { MAX_OTLP_BODY_BYTES, OTLP_ROUTES } from '../../../schemas/api/otlp.ts';
import { addForwarding } from '../../forwarding.ts';

/** OTLP/HTTP on the API port: documented here, checked and served by the ingest tier. */
export default async function otlpRoutes(app: FastifyInstance): Promise<void> {
  const config = { permission: 'forwarded', family: 'O', extension: true } as const;
  const handler = await addForwarding(app);
  for (const [signal, schema] of Object.entries(OTLP_ROUTES)) {
    app.post(`/${signal}`, {
      config,
      bodyLimit: MAX_OTLP_BODY_BYTES,
      schema,
      handler,
    });
  }
}
