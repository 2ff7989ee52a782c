import type { Config } from '../platform/config.ts';
import type { PeerSeals } from '../platform/http/forwarded-peer.ts';
import type { HealthChecks } from '../platform/http/health.ts';
import type { KeylessAccess } from '../platform/http/keyless.ts';
import { buildServer, type HttpServer } from '../platform/http/server.ts';
import type { EventUsage } from '../platform/limits/event-usage.ts';
import type { ServiceRegistry } from '../platform/limits/service-registry.ts';
import type { SharedBudgets } from '../platform/limits/shared-budgets.ts';
import type { Log } from '../platform/log.ts';
import type { LogStore } from '../platform/log-store/log-store.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Directory, Tenant } from '../platform/tenancy/tenancy.ts';
import alertRoutes from './alertmanager/routes.ts';
import type { SenderConfig } from './alertmanager/senders.ts';
import { createAnswers } from './answers.ts';
import { createEventIdSource, type EventIdSource } from './event-ids.ts';
import type { EventRoutesOptions } from './event-request.ts';
import { createIngestor } from './ingestor.ts';
import { limitEvents } from './limit-events.ts';
import { countAccepted, createIngestMetrics, measureAppends } from './metrics.ts';
import otlpRoutes from './otlp/otlp-routes.ts';
import remoteWriteRoutes from './remote-write/routes.ts';
import batchRoutes from './routes/api/v1/events/batch/index.ts';
import eventRoutes from './routes/api/v1/events/index.ts';
import { createStoredWatch } from './stored.ts';
import telemetryRoutes, { type TelemetryRoutesOptions } from './telemetry/routes.ts';
import { createTelemetryIntake } from './telemetry-intake.ts';

export interface IngestDeps {
  logStore: LogStore;
  directory: Directory;
  log: Log;
  config: Pick<Config, 'rateLimits' | 'requireHttps' | 'corsOrigins' | keyof SenderConfig>;
  checks: HealthChecks;
  metrics: Metrics;
  /** Absent: the request limits are those of this process alone. */
  budgets?: SharedBudgets;
  /** Absent: plans do not limit how many events are accepted. */
  usage?: EventUsage;
  /** Absent: plans do not limit how many services send telemetry. */
  services?: ServiceRegistry;
  /** Where telemetry goes that names no organization; absent: nowhere. */
  defaultOrganization?: () => Promise<Tenant>;
  /** Absent: nothing is taken without a credential. */
  keyless?: KeylessAccess;
  /** How the API tier tells from whom a request came that it hands on; absent: it comes from whoever is connected. */
  seals?: PeerSeals;
  /** Milliseconds since the epoch; Date.now when absent. */
  now?: () => number;
  ids?: EventIdSource;
}

const version = '1';
const description = `Events and telemetry in: durable in the log before the answer.

**Without a key** the routes below \`/events\` are open as long as nobody has issued a key that may ingest and the server listens on a loopback
address: for trying it out on one's own machine. What comes in goes to the default organization, which is limited to 5 services.`;

/** The ingest tier as an HTTP server that does not listen yet. */
export async function buildIngest(deps: IngestDeps): Promise<HttpServer> {
  const { directory, log, config, checks, metrics, usage, now = Date.now, ids = createEventIdSource() } = deps;
  const measured = createIngestMetrics(metrics.registry);
  const logStore = measureAppends(deps.logStore, measured);
  const app = await buildServer({
    ...(deps.budgets === undefined ? {} : { budgets: deps.budgets }),
    ...(deps.keyless === undefined ? {} : { keyless: deps.keyless }),
    log,
    directory,
    config,
    checks,
    metrics,
    now,
    docs: { title: 'Tidemark ingest', version, description },
  });
  const ingestor = createIngestor({ logStore, directory, ids, now });
  const options: EventRoutesOptions = {
    ingestor: countAccepted(usage === undefined ? ingestor : limitEvents(ingestor, usage), measured),
    answers: createAnswers({ now }),
    stored: createStoredWatch(logStore),
  };
  // By name instead of by folder: tests then load one copy of the modules, and error classes keep their identity.
  await app.register(eventRoutes, { prefix: '/api/v1/events', ...options });
  await app.register(batchRoutes, { prefix: '/api/v1/events/batch', ...options });
  const intake = createTelemetryIntake({ ...deps, log: logStore, metrics: measured, now });
  await addTelemetry(app, { intake, stored: options.stored, answers: createAnswers({ now }) });
  await app.register(remoteWriteRoutes, { prefix: '/api/v1/write', intake, registry: metrics.registry });
  await addAlerts(app, { ...deps, logStore, now });
  return app;
}

/** The telemetry protocols: each is a plugin in a folder of its own that adds its routes. */
async function addTelemetry(app: HttpServer, options: TelemetryRoutesOptions): Promise<void> {
  await app.register(telemetryRoutes, { prefix: '/events', ...options });
  await app.register(otlpRoutes, { intake: options.intake });
}

/** The listener for posted alerts, as an HTTP server that does not listen yet. */
export async function buildWebhook(deps: IngestDeps): Promise<HttpServer> {
  const { directory, log, config, checks, metrics, now = Date.now } = deps;
  const docs = { title: 'Tidemark webhooks', version, description: 'The port that alert senders post to.' };
  const app = await buildServer({ log, directory, config, checks, metrics, now, docs });
  await addAlerts(app, { ...deps, now });
  return app;
}

async function addAlerts(app: HttpServer, deps: IngestDeps & { now: () => number }): Promise<void> {
  await app.register(alertRoutes, { ...deps, registry: deps.metrics.registry });
}
