import type { FastifyInstance } from 'fastify';
import { addAlertForwarding } from '../../../../../forward-alerts.ts';

export default async function alertWebhook(app: FastifyInstance): Promise<void> {
  await addAlertForwarding(app, { summary: 'Post alerts' });
}
