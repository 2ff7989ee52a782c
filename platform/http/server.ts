import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { SharedBudgets } from '../limits/shared-budgets.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Directory } from '../tenancy/tenancy.ts';
import { addAdmission } from './admission.ts';
import { MAX_BODY_BYTES } from './body-limits.ts';
import { addBodyParser } from './body-parser.ts';
import { onClientError } from './client-error.ts';
import { addCors } from './cors.ts';
import { addDocs, type DocsOptions } from './docs.ts';
import { addDrain } from './drain.ts';
import { addErrorHandlers, sendError } from './error-handler.ts';
import { addHealthRoutes, type HealthChecks } from './health.ts';
import type { KeylessAccess } from './keyless.ts';
import { addMetrics } from './metrics-route.ts';
import type { RateLimits } from './rate-limit.ts';
import { createRateLimiting } from './rate-limiting.ts';
import { addResponseHeaders, setResponseHeaders } from './response-headers.ts';
import { collectRoutes } from './routes.ts';
import { createSecurityHeaders, type SecurityHeaders } from './security-headers.ts';
import { addValidation } from './validation.ts';

export interface ServerOptions {
  log: Log;
  directory: Directory;
  config: {
    /** Requests a minute where they differ from the usual ones; false: no limits. */
    rateLimits: boolean | Partial<RateLimits>;
    requireHttps: boolean;
    /** Sites whose scripts may call; none when absent. */
    corsOrigins?: string[];
  };
  /** What GET /health/ready asks, by name. */
  checks: HealthChecks;
  /** Of the process: several servers in it may share them. */
  metrics: Metrics;
  docs: DocsOptions;
  /** Where the processes of the tier share the request limits; absent: this one has them for itself. */
  budgets?: SharedBudgets;
  /** Lets callers without a credential use the routes that allow it; absent: nobody. */
  keyless?: KeylessAccess;
  /** Milliseconds since the epoch; Date.now when absent. */
  now?: () => number;
  /** Shorter ones are for tests. */
  timeouts?: Timeouts;
}

/** Milliseconds. */
export interface Timeouts {
  /** From the first byte of a request to the last byte of its body. */
  requestMs: number;
  headersMs: number;
  /** Without a byte in either direction: longer than any handler may take (an append to the log has 20 s). */
  connectionMs: number;
  /** Between requests: longer than the usual 60 s of load balancers, so that they close first. */
  keepAliveMs: number;
}

/** Schemas of routes are written with `Type` of typebox; request and reply types follow from them. */
export type HttpServer = ReturnType<typeof createFastify>;

export const DEFAULT_TIMEOUTS: Timeouts = {
  requestMs: 15_000,
  headersMs: 5_000,
  connectionMs: 30_000,
  keepAliveMs: 65_000,
};
/** Requests after which a connection is closed, so that load balancers spread even the busiest clients anew. */
export const MAX_REQUESTS_PER_SOCKET = 100_000;
/** All headers of a request together: 16 KiB. */
export const MAX_HEADER_BYTES = 16 * 1024;
/** Characters of one part of a path; the id of a metric holds the name of a service and that of its metric. */
export const MAX_PARAM_LENGTH = 512;
/** Time-outs are looked for this often. */
export const TIMEOUT_CHECK_MS = 1_000;
const requestIdPattern = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * An HTTP server with everything the tiers share: limits and time-outs, JSON bodies, validation, authentication, request limits, the
 * error envelopes of the families, health and docs. Routes are registered on what it returns; each must declare `config.permission`.
 */
export async function buildServer(options: ServerOptions): Promise<HttpServer> {
  const security = await createSecurityHeaders(options.config);
  const app = createFastify({ log: options.log, timeouts: options.timeouts ?? DEFAULT_TIMEOUTS, security });
  const plain = app as unknown as FastifyInstance;
  const routes = collectRoutes(plain);
  addErrorHandlers(plain, routes);
  addBodyParser(plain);
  addValidation(plain);
  addResponseHeaders(plain, security);
  await addCors(plain, options.config.corsOrigins);
  addDrain(plain);
  const rateLimit = createRateLimiting(options);
  addAdmission(plain, {
    directory: options.directory,
    requireHttps: options.config.requireHttps,
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(options.keyless === undefined ? {} : { keyless: options.keyless }),
  });
  await addDocs(plain, options.docs);
  addHealthRoutes(plain, options.checks);
  addMetrics(plain, options.metrics);
  return app;
}

interface FastifyParts {
  log: Log;
  timeouts: Timeouts;
  security: SecurityHeaders;
}

function createFastify({ log, timeouts, security }: FastifyParts) {
  return fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.connectionMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    maxRequestsPerSocket: MAX_REQUESTS_PER_SOCKET,
    http: {
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    requestIdHeader: false,
    genReqId: requestIdOf,
    rewriteUrl: canonicalUrl,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for a URL that cannot be routed.
      setResponseHeaders(request, reply, security);
      sendError(error, request, reply);
    },
    clientErrorHandler: onClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();
}

function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : `req_${randomUUID()}`;
}

/** Addresses of OTLP/HTTP, which clients make themselves of the address of a server; other methods mean the alias. */
const otlpPath = /^\/v1\/(?:metrics|logs|traces)(?=$|\?)/;

/** `/v1/…` is an alias of `/api/v1/…`, except for what is posted over OTLP, and a slash at the end of a path below it says nothing. */
function canonicalUrl({ method, url = '/' }: Pick<IncomingMessage, 'method' | 'url'>): string {
  if (method === 'POST' && otlpPath.test(url)) return url;
  const full = url.startsWith('/v1/') ? `/api${url}` : url;
  return full.startsWith('/api/v1/') ? full.replace(/^([^?]*)\/(?=$|\?)/, '$1') : full;
}
