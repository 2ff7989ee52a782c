import { unavailable } from '../errors.ts';
import { isPostgresAway, type Sql, type SqlRunner } from '../postgres.ts';
import type { Tenant } from '../tenancy/tenancy.ts';
import { StoreLateError, withinDeadline } from './deadline.ts';
import { overQuota, quotasOf } from './plans.ts';

export const REGISTRY_LIMITS = {
  /** Tenants whose services are remembered here. */
  tenants: 5_000,
  /** Services of a tenant whose plan does not limit them; further ones pass and are not entered. */
  servicesPerTenant: 10_000,
  /** Pause between two attempts while PostgreSQL is away. */
  retryPauseMs: 1_000,
} as const;

/** The services that send telemetry, by tenant; each is entered when it is first seen. */
export interface ServiceRegistry {
  /**
   * Resolves when all of these services are entered: at once for those seen before. ApiError 403 `service_limit_exceeded` when the plan
   * of the tenant does not allow them all, and then none of them is entered. While PostgreSQL is away, new services of a tenant with a
   * limit are answered with ApiError 503; those of others pass and are entered when they are seen again.
   */
  admit(tenant: Tenant, services: ReadonlySet<string>): Promise<void>;
}

export interface ServiceRegistryOptions {
  sql: Sql;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export function createServiceRegistry(options: ServiceRegistryOptions): ServiceRegistry {
  const registry = new Registry(options);
  return { admit: (tenant, services) => registry.admit(tenant, services) };
}

class Registry {
  #options: ServiceRegistryOptions;
  #known = new Map<string, Set<string>>();
  #retryAt = 0;

  constructor(options: ServiceRegistryOptions) {
    this.#options = options;
  }

  async admit(tenant: Tenant, services: ReadonlySet<string>): Promise<void> {
    const known = this.#knownOf(tenant.id);
    const unknown = [...services].filter((service) => !known.has(service));
    if (unknown.length === 0) return;
    // What is known here is never more than what is entered.
    const refusal = overQuota('services', tenant, known.size + unknown.length);
    if (refusal !== undefined && known.size >= (quotasOf(tenant).services ?? 0)) throw refusal;
    if (quotasOf(tenant).services !== null) return this.#enterOrRefuse(tenant, unknown);
    if (known.size + unknown.length <= REGISTRY_LIMITS.servicesPerTenant) await this.#enterIfPossible(tenant, unknown);
  }

  async #enterOrRefuse(tenant: Tenant, services: readonly string[]): Promise<void> {
    const entered = await this.#enter(tenant, services);
    if (entered === undefined) throw unavailable('The control plane is not available at the moment.');
    const refusal = overQuota('services', tenant, entered.length + countMissing(services, entered));
    if (refusal !== undefined) throw refusal;
  }

  async #enterIfPossible(tenant: Tenant, services: readonly string[]): Promise<void> {
    if (this.#options.now() >= this.#retryAt) await this.#enter(tenant, services);
  }

  /** The services of the tenant that are entered now; undefined when PostgreSQL is away. */
  async #enter(tenant: Tenant, services: readonly string[]): Promise<string[] | undefined> {
    try {
      const { sql } = this.#options;
      const entered = await withinDeadline(sql.begin((transaction) => enter(transaction, tenant, services)));
      const known = this.#knownOf(tenant.id);
      for (const service of entered) known.add(service);
      return entered;
    } catch (error) {
      if (!isPostgresAway(error) && !(error instanceof StoreLateError)) throw error;
      this.#retryAt = this.#options.now() + REGISTRY_LIMITS.retryPauseMs;
      return undefined;
    }
  }

  #knownOf(tenant: string): Set<string> {
    let known = this.#known.get(tenant);
    if (known !== undefined) return known;
    known = new Set();
    this.#known.set(tenant, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REGISTRY_LIMITS.tenants && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}

/** Enters the services unless they are too many; resolves to what is entered of them and, where the plan limits them, of all the others. */
async function enter(sql: SqlRunner, tenant: Tenant, services: readonly string[]): Promise<string[]> {
  const limit = quotasOf(tenant).services;
  if (limit === null) {
    await insert(sql, tenant.id, services);
    return [...services];
  }
  // One at a time for each tenant: two requests must not both find room for the last one.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`services ${tenant.id}`}, 0))`;
  const rows = await sql<{ name: string }[]>`SELECT name FROM services WHERE tenant_id = ${tenant.id}`;
  const entered = rows.map(({ name }) => name);
  if (entered.length + countMissing(services, entered) > limit) return entered;
  await insert(sql, tenant.id, services);
  return [...new Set([...entered, ...services])];
}

// Sorted, so that two transactions never wait for each other.
const insert = (sql: SqlRunner, tenant: string, services: readonly string[]) => sql`
  INSERT INTO services (tenant_id, name) SELECT ${tenant}, unnest(${services.toSorted()}::text[])
  ON CONFLICT DO NOTHING`;

function countMissing(services: readonly string[], entered: readonly string[]): number {
  const names = new Set(entered);
  return services.filter((service) => !names.has(service)).length;
}
