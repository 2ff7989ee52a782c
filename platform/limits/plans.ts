import { ApiError } from '../errors.ts';
import type { Tenant } from '../tenancy/tenancy.ts';

/** What a tenant may have; null: as much as it likes. */
export interface Quotas {
  /** Services that send telemetry. */
  services: number | null;
  /** Events accepted in a calendar month, UTC. */
  eventsAMonth: number | null;
  /** Keys in force that are bound to the tenant. */
  keys: number | null;
  /** Values of one dimension of one series that rollups keep apart; never more than CARDINALITY_LIMITS. */
  valuesPerDimension: number | null;
}

const unlimited: Quotas = { services: null, eventsAMonth: null, keys: null, valuesPerDimension: null };

/** By the name of the plan. A tenant without a plan, or with one of another name, is not limited. */
export const PLANS: Readonly<Record<string, Quotas>> = {
  /** Also that of the default organization of keyless telemetry, which is documented to have 5 services. */
  free: { services: 5, eventsAMonth: 1_000_000, keys: 10, valuesPerDimension: 100 },
  pro: { services: 100, eventsAMonth: 100_000_000, keys: 100, valuesPerDimension: 500 },
  enterprise: unlimited,
};

export function quotasOf({ plan }: Pick<Tenant, 'plan'>): Quotas {
  return plan !== null && Object.hasOwn(PLANS, plan) ? (PLANS[plan] ?? unlimited) : unlimited;
}

const refusals = {
  services: { code: 'service_limit_exceeded', what: 'services' },
  eventsAMonth: { code: 'event_limit_exceeded', what: 'events a month' },
  keys: { code: 'key_limit_exceeded', what: 'API keys' },
} as const;

/** The ApiError 403 for what would be more than the plan allows; undefined when `wanted`, the number there would be then, is within it. */
export function overQuota(
  quota: keyof typeof refusals,
  tenant: Pick<Tenant, 'plan'>,
  wanted: number,
): ApiError | undefined {
  const limit = quotasOf(tenant)[quota];
  if (limit === null || wanted <= limit) return undefined;
  const { code, what } = refusals[quota];
  const amount = limit.toLocaleString('en');
  return new ApiError(403, {
    code,
    message: `The plan '${tenant.plan}' of the organization is limited to ${amount} ${what}.`,
  });
}
