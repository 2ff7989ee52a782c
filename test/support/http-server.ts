import type { Logger } from 'pino';
import { buildServer, type HttpServer, type ServerOptions } from '../../platform/http/server.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createInMemoryDirectory, createTenant } from './in-memory-directory.ts';

export const acme = createTenant({ code: 'ACME', id: 'org_acme', number: 17, slug: 'acme-corp' });
export const globex = createTenant({ code: 'GLOBEX', id: 'org_globex', number: 18, slug: 'globex' });

/** Keys by what they may do; each belongs to ACME alone unless it says otherwise. */
export const keys = {
  'k-ingest': { permissions: ['ingest'], tenants: [acme.id] },
  'k-query': { permissions: ['query'], tenants: [acme.id] },
  'k-admin': { permissions: ['ingest', 'query', 'admin'], tenants: [acme.id] },
  'k-both': { permissions: ['query'], tenants: [acme.id, globex.id] },
} as const;

/** A server with the test tenants and keys and whatever the test changes, and no logging. */
export function buildTestServer(changes: Partial<ServerOptions> = {}): Promise<HttpServer> {
  return buildServer({
    log: createLog('test', 'silent') as Logger,
    directory: createInMemoryDirectory({ tenants: [acme, globex], keys }),
    config: { rateLimits: true, requireHttps: false },
    checks: {},
    metrics: createMetrics({ host: '127.0.0.1' }),
    docs: { title: 'Test', description: 'A test.', version: '0' },
    ...changes,
  });
}
