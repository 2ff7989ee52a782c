import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { Counter, type Registry } from 'prom-client';
import { refusePlainHttp } from '../../platform/http/admission.ts';
import type { PeerSeals } from '../../platform/http/forwarded-peer.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import type { Directory, Tenant } from '../../platform/tenancy/tenancy.ts';
import {
  type AlertAnswer,
  AlertAnswerSchema,
  AlertNotificationSchema,
  AlertPathSchema,
} from '../../schemas/api/alerts.ts';
import { createTelemetryWriter } from '../telemetry-writer.ts';
import type { AcceptedAlerts } from './accept-alerts.ts';
import { createAlertSenders, type SenderConfig } from './senders.ts';
import { createStoreAlerts } from './store-alerts.ts';

export interface AlertRoutesOptions {
  logStore: LogStore;
  directory: Directory;
  config: SenderConfig & { requireHttps: boolean };
  registry: Registry;
  defaultOrganization?: (() => Promise<Tenant>) | undefined;
  seals?: PeerSeals | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose alerts a request posts; set before its body is read. */
    alertTenant: Tenant | undefined;
  }
}

/** POST /api/v1/alerts/webhook and /t/{tenant}/api/v1/alerts/webhook: notifications of Alertmanager and of Grafana. */
const alertRoutes: FastifyPluginAsync<AlertRoutesOptions> = async (app, options) => {
  const senders = createAlertSenders(options);
  const store = createStoreAlerts({
    writer: createTelemetryWriter(options.logStore),
    directory: options.directory,
    accepted: alertCounter(options.registry),
    now: options.now,
  });
  // Who posts is decided here, as it depends on more than a credential; never by a budget: Alertmanager does not repeat what is answered with 429.
  app.decorateRequest('alertTenant', undefined);
  app.addHook('onRequest', async (request) => {
    if (options.config.requireHttps) refusePlainHttp(request);
    const { tenant } = request.params as { tenant?: string };
    request.alertTenant = await senders.tenantOf(request, tenant);
  });
  // Only what is no JSON is refused, for the same reason; the schema is for the document.
  app.setValidatorCompiler(() => () => true);

  const handler = async (request: FastifyRequest): Promise<AlertAnswer> => {
    if (request.alertTenant === undefined) throw new Error('an alert was let in without a tenant');
    return toAnswer(await store(request.alertTenant, request.body));
  };
  const config = { permission: 'public', family: 'A', rateCategory: 'unlimited' } as const;
  const schema = {
    tags: ['Alerts'],
    summary: 'Post alerts',
    description,
    body: AlertNotificationSchema,
    response: { 200: AlertAnswerSchema },
  };
  app.post('/api/v1/alerts/webhook', { config, schema, handler });
  app.post('/t/:tenant/api/v1/alerts/webhook', {
    config: { ...config, extension: true },
    schema: { ...schema, summary: 'Post alerts of an organization', params: AlertPathSchema },
    handler,
  });
};
export default alertRoutes;

const description = `For a webhook receiver of Alertmanager, or a webhook contact point of Grafana. Answered when every alert is durable in the log;
503 asks the sender to repeat. Repeats change nothing. Without a credential it is open to the networks of TIDEMARK_WEBHOOK_CIDR (this host
unless set), or to those who know TIDEMARK_WEBHOOK_TOKEN where that is set; a key that may ingest is good from everywhere.`;

function toAnswer({ alerts, ignored }: AcceptedAlerts): AlertAnswer {
  const ids = alerts.map(({ id }) => id);
  return { status: 'ok', rca_triggered: false, anomaly_id: ids[0] ?? null, anomaly_ids: ids, ignored };
}

const counterName = 'tidemark_alerts_accepted_total';

// Both listeners of the tier have the route and share the registry.
function alertCounter(registry: Registry): Counter<'status' | 'muted'> {
  const known = registry.getSingleMetric(counterName);
  if (known instanceof Counter) return known;
  return new Counter({
    name: counterName,
    help: 'Alerts that are durable in the log, repeats too.',
    labelNames: ['status', 'muted'],
    registers: [registry],
  });
}
