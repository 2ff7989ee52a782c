import type { FastifyInstance } from 'fastify';
import { TELEMETRY_ROUTES } from '../../../schemas/api/telemetry.ts';
import { addForwarding } from '../../forwarding.ts';

/** Telemetry of family T on the API port: documented here, checked and served by the ingest tier. */
export default async function telemetryRoutes(app: FastifyInstance): Promise<void> {
  const handler = await addForwarding(app);
  const config = { permission: 'forwarded', family: 'T' } as const;
  for (const [name, { one, batch, isBatchExtension }] of Object.entries(TELEMETRY_ROUTES)) {
    app.post(`/${name}`, { config, schema: one, handler });
    app.post(`/${name}/batch`, { config: { ...config, extension: isBatchExtension }, schema: batch, handler });
  }
}
