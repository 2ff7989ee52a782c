import type { FastifyInstance } from 'fastify';
import { REMOTE_WRITE_ROUTE } from '../../../../../schemas/api/remote-write.ts';
import { addForwarding } from '../../../../forwarding.ts';

/** POST /api/v1/write: Prometheus remote write on the API port; documented here, checked and served by the ingest tier. */
export default async function remoteWriteRoute(app: FastifyInstance): Promise<void> {
  const handler = await addForwarding(app);
  app.post('', { config: { permission: 'forwarded', extension: true }, schema: REMOTE_WRITE_ROUTE, handler });
}
