import type { FastifyInstance } from 'fastify';

/** Each resolves when the dependency works and rejects when it does not. */
export type HealthChecks = Readonly<Record<string, () => Promise<void>>>;

/** A check that takes longer has failed. */
export const MAX_CHECK_MS = 2_000;

interface CheckResult {
  status: 'ok' | 'failed';
  duration_ms: number;
}

const open = { permission: 'public', family: 'S' } as const;
const hidden = { hide: true };

/** GET /health (plain OK, for load balancers), /health/live and /health/ready (503 with details when a check fails). All unauthenticated. */
export function addHealthRoutes(app: FastifyInstance, checks: HealthChecks): void {
  app.get('/health', { config: open, schema: hidden }, (_request, reply) => {
    reply.type('text/plain; charset=utf-8').send('OK');
  });
  app.get('/health/live', { config: open, schema: hidden }, () => ({ status: 'ok' }));
  app.get('/health/ready', { config: open, schema: hidden }, async (request, reply) => {
    const results = await runChecks(checks, (name, error) =>
      request.log.warn({ err: error, check: name }, 'health check failed'),
    );
    const isReady = Object.values(results).every(({ status }) => status === 'ok');
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready', checks: results });
  });
}

async function runChecks(
  checks: HealthChecks,
  onFailure: (name: string, error: unknown) => void,
): Promise<Record<string, CheckResult>> {
  const results = Object.entries(checks).map(async ([name, check]) => {
    const startedAt = performance.now();
    const status = await within(check, MAX_CHECK_MS).then(
      () => 'ok' as const,
      (error: unknown) => {
        onFailure(name, error);
        return 'failed' as const;
      },
    );
    return [name, { status, duration_ms: Math.round((performance.now() - startedAt) * 1000) / 1000 }] as const;
  });
  return Object.fromEntries(await Promise.all(results));
}

async function within(check: () => Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}
