import { Counter, Histogram, Registry } from 'prom-client';

/** What a process measures of itself: the registry that GET /metrics renders, and what every HTTP server counts in it. */
export interface Metrics {
  registry: Registry;
  http: HttpMetrics;
  /** Who may read them. */
  access: MetricsAccess;
}

export interface HttpMetrics {
  /** Seconds by route pattern, method and status; its count is the number of requests. */
  duration: Histogram<'route' | 'method' | 'status'>;
  rejected: Counter<'reason' | 'status'>;
}

/** Read by anybody, by nobody, or by whoever presents the token. */
export type MetricsAccess = 'open' | 'closed' | { token: string };

export interface MetricsOptions {
  /** Address the HTTP servers of the process listen on. */
  host: string;
  metricsToken?: string | undefined;
}

/** Seconds. */
export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/**
 * The metrics of one process, made once in its main and passed on. Labels never name a tenant, a key or anything else clients choose:
 * the number of series is bounded by the program.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  return { registry, http: createHttpMetrics(registry), access: accessOf(options) };
}

/** With a token whoever has it; without one everybody, but only while nothing beyond this machine can connect. */
export function accessOf({ host, metricsToken }: MetricsOptions): MetricsAccess {
  if (metricsToken !== undefined) return { token: metricsToken };
  return isLoopback(host) ? 'open' : 'closed';
}

const isLoopback = (host: string): boolean => /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host);

function createHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  return {
    duration: new Histogram({
      name: 'tidemark_http_request_duration_seconds',
      help: 'From the head of a request to the end of its answer.',
      labelNames: ['route', 'method', 'status'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    rejected: new Counter({
      name: 'tidemark_http_requests_rejected_total',
      help: 'Requests answered with an error, by the code of the error.',
      labelNames: ['reason', 'status'],
      registers,
    }),
  };
}
