import type { FastifyInstance } from 'fastify';
import { createPeerSeals, PEER_HEADER, peerOf } from '../platform/http/forwarded-peer.ts';
import { AlertAnswerSchema, AlertNotificationSchema } from '../schemas/api/alerts.ts';
import { addForwarding } from './forwarding.ts';

export interface AlertRoute {
  summary: string;
  params?: object;
  extension?: boolean;
}

/** The route for posted alerts on the API port: handed on to the ingest tier, which decides who may post by the address that is seen here. */
export async function addAlertForwarding(app: FastifyInstance, { extension, ...described }: AlertRoute): Promise<void> {
  const handOn = await addForwarding(app);
  const seals = createPeerSeals(app.deps.pageTokens);
  app.post('', {
    config: { permission: 'forwarded', family: 'A', ...(extension === undefined ? {} : { extension }) },
    schema: { tags: ['Alerts'], ...described, body: AlertNotificationSchema, response: { 200: AlertAnswerSchema } },
    handler: (request, reply) => handOn(request, reply, { [PEER_HEADER]: seals.seal(peerOf(request), request.id) }),
  });
}
