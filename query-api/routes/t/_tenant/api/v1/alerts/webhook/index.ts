import type { FastifyInstance } from 'fastify';
import { AlertPathSchema } from '../../../../../../../../schemas/api/alerts.ts';
import { addAlertForwarding } from '../../../../../../../forward-alerts.ts';

export default async function alertWebhookOfTenant(app: FastifyInstance): Promise<void> {
  await addAlertForwarding(app, {
    summary: 'Post alerts of an organization',
    params: AlertPathSchema,
    extension: true,
  });
}
