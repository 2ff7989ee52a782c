import { join } from 'node:path';
import autoload from '@fastify/autoload';
import type { FastifyInstance } from 'fastify';
import type { HealthChecks } from '../platform/http/health.ts';
import { buildServer, type HttpServer } from '../platform/http/server.ts';
import { addAuditOfRefusals } from './audit/audit-calls.ts';
import type { QueryApiDeps } from './deps.ts';
import { addIdempotency } from './idempotency/idempotent-calls.ts';

const docs = {
  title: 'Tidemark API',
  version: '1.0.0',
  description: `Business events in, metrics and series out. Every request carries a key in \`X-Api-Key\` or \`Authorization: Bearer\`.

**Ranges.** \`from\` and \`to\` are dates (\`2026-03-01\`) or RFC 3339 date-times. A date is the whole day, so as \`to\` it is inclusive; a date-time bounds
exactly and \`to\` is exclusive. Without \`from\` a range begins with the organization's retention, without \`to\` it ends with the current day.
Answers are exact for any range; percentiles are exact up to 10,000 measurements (interpolated between samples) and within 1 % beyond.`,
};

/** The API tier: routes are the folders below routes/; every file in a folder adds routes to the folder's path, a folder `_name` is a parameter. */
export async function buildQueryApi(deps: QueryApiDeps, checks: HealthChecks): Promise<HttpServer> {
  const { log, directory, config, metrics, now } = deps;
  const shared = deps.budgets === undefined ? {} : { budgets: deps.budgets };
  const app = await buildServer({ log, directory, config, checks, metrics, docs, now, ...shared });
  app.decorate('deps', deps);
  const plain = app as unknown as FastifyInstance;
  addAuditOfRefusals(plain, deps.control.auditLog);
  addIdempotency(plain, deps.control.idempotency);
  await app.register(autoload, {
    dir: join(import.meta.dirname, 'routes'),
    routeParams: true,
    // No file is the index that hides its siblings: index.ts and put.ts may stand side by side.
    indexPattern: /(?!)/,
    scriptPattern: /\.ts$/,
    forceESM: true,
  });
  return app;
}
