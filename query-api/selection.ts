import { invalidRequest } from '../platform/http/issues.ts';
import { resolveTenants } from '../platform/http/tenant-scope.ts';
import type { Directory, Principal, Tenant } from '../platform/tenancy/tenancy.ts';
import type { Selection } from './measurements.ts';
import { type RangeMeta, readRange } from './range.ts';

export interface SelectionRequest {
  principal: Principal;
  signal: AbortSignal;
  query: {
    orgCode?: string;
    capability?: string;
    capabilityCode?: string;
    service?: string;
    metricType?: string;
    from?: string;
    to?: string;
  };
}

export interface ReadSelection {
  selection: Selection;
  /** The selected tenants by id. */
  tenants: ReadonlyMap<string, Tenant>;
  meta: RangeMeta;
}

/** What the filters of a request select of what its credential may read. ApiError 400 for bad filters, 404 for a foreign organization. */
export async function readSelection(
  deps: { directory: Directory; now: () => number },
  { principal, query, signal }: SelectionRequest,
): Promise<ReadSelection> {
  const tenants = await resolveTenants({
    directory: deps.directory,
    principal,
    reference: query.orgCode,
    purpose: 'read',
  });
  const retentionDays = Math.max(0, ...tenants.map(({ dataRetentionDays }) => dataRetentionDays));
  const result = readRange(query, { now: deps.now(), retentionDays });
  if ('issue' in result) throw invalidRequest('querystring', [result.issue]);
  return {
    selection: {
      tenants: tenants.map(({ id }) => id),
      ...readSubject(query),
      metric: query.metricType ?? '',
      range: result.range,
      signal,
    },
    tenants: new Map(tenants.map((tenant) => [tenant.id, tenant])),
    meta: result.meta,
  };
}

function readSubject(query: SelectionRequest['query']): Pick<Selection, 'subjectKind' | 'capability'> {
  const capability = readCapability(query);
  if (query.service === undefined) return { subjectKind: 'capability', capability };
  if (capability === '') return { subjectKind: 'service', capability: query.service };
  throw invalidRequest('querystring', [{ field: 'service', issue: 'must not stand beside a capability' }]);
}

function readCapability({ capability, capabilityCode }: SelectionRequest['query']): string {
  if (capability !== undefined && capabilityCode !== undefined && capability !== capabilityCode) {
    throw invalidRequest('querystring', [{ field: 'capability', issue: 'must not differ from capabilityCode' }]);
  }
  return capability ?? capabilityCode ?? '';
}
