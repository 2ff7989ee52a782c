import type {} from 'fastify';
import type { ClickHouse } from '../platform/clickhouse.ts';
import type { Config } from '../platform/config.ts';
import type { PageTokens } from '../platform/http/page-tokens.ts';
import type { SharedBudgets } from '../platform/limits/shared-budgets.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Directory } from '../platform/tenancy/tenancy.ts';
import type { Control } from './control/control.ts';
import type { DeadLetters } from './dead-letters/dead-letters.ts';

/** What the routes of the API stand on; routes reach it as `app.deps`. */
export interface QueryApiDeps {
  /** As the read-only user. */
  clickhouse: ClickHouse;
  directory: Directory;
  /** Reads and writes of the control plane in PostgreSQL. */
  control: Control;
  deadLetters: DeadLetters;
  /** Sign positions in lists. */
  pageTokens: PageTokens;
  /** Milliseconds since the epoch. */
  now: () => number;
  config: Pick<Config, 'rateLimits' | 'requireHttps' | 'corsOrigins' | 'ingestUrl'>;
  /** Absent: the request limits are those of this process alone. */
  budgets?: SharedBudgets;
  log: Log;
  metrics: Metrics;
}

declare module 'fastify' {
  interface FastifyInstance {
    deps: QueryApiDeps;
  }
}
