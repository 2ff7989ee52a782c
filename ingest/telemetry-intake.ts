import type { FastifyRequest } from 'fastify';
import { ApiError, forbidden } from '../platform/errors.ts';
import { resolveTenant } from '../platform/http/tenant-scope.ts';
import { quotasOf } from '../platform/limits/plans.ts';
import type { ServiceRegistry } from '../platform/limits/service-registry.ts';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { type Directory, mayTouch, type Tenant } from '../platform/tenancy/tenancy.ts';
import { createCardinalityGuard, type SeriesTable } from './cardinality.ts';
import { countWritten, type IngestMetrics } from './metrics.ts';
import { createTelemetryWriter, type TelemetryWriter } from './telemetry-writer.ts';

/** What the routes of every telemetry protocol stand on. */
export interface TelemetryIntake {
  writer: TelemetryWriter;
  /**
   * The tenant a request writes to: the one `x-organization-id` names by any of its ids, else the only one of the credential, else the
   * default organization. ApiError 403 when the credential may not touch it.
   */
  resolveTelemetryTenant(request: FastifyRequest): Promise<Tenant>;
  /** See {@link ServiceRegistry.admit}; to be called with the services of a request before it is written. */
  admitServices(tenant: Tenant, services: ReadonlySet<string>): Promise<void>;
  /** Which labels of a service's metric rollups keep apart (see ingest/telemetry/unrolled-labels.ts); good for one request. */
  seriesTable(tenant: Tenant): SeriesTable<unknown>;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface TelemetryIntakeOptions {
  log: LogStore;
  directory: Directory;
  metrics: IngestMetrics;
  now: () => number;
  /** Absent: plans do not limit services. */
  services?: ServiceRegistry | undefined;
  /** Absent: there is none unless an organization has its code. */
  defaultOrganization?: (() => Promise<Tenant>) | undefined;
}

export function createTelemetryIntake(options: TelemetryIntakeOptions): TelemetryIntake {
  const { log, now, services } = options;
  const guard = createCardinalityGuard<unknown>();
  return {
    writer: countWritten(createTelemetryWriter(log), options.metrics),
    resolveTelemetryTenant: (request) => tenantOf(options, request),
    admitServices: async (tenant, names) => services?.admit(tenant, names),
    seriesTable: (tenant) => guard.table(tenant.id, quotasOf(tenant).valuesPerDimension),
    now,
  };
}

const headerName = 'x-organization-id';

async function tenantOf(options: TelemetryIntakeOptions, request: FastifyRequest): Promise<Tenant> {
  const { directory, defaultOrganization } = options;
  const { principal } = request;
  const named = request.headers[headerName];
  const reference = Array.isArray(named) ? named[0] : named;
  const own = principal.tenants === 'all' ? undefined : principal.tenants;
  if (reference !== undefined || own?.length === 1) {
    return resolveTenant({ directory, principal, reference: reference ?? own?.[0], purpose: 'write' });
  }
  const tenant = defaultOrganization === undefined ? undefined : await defaultOrganization();
  if (tenant === undefined || !mayTouch(principal, tenant.id)) throw noOrganization();
  if (tenant.status === 'suspended') throw forbidden('The organization is suspended.');
  return tenant;
}

const noOrganization = () =>
  new ApiError(403, {
    code: 'forbidden',
    message: `API key does not have access to the default organization; name one of its organizations in the ${headerName} header.`,
  });
