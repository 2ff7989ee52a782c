import { type ApiClient, createApiClient, createUnlessThere } from '../support/client.ts';
import { type DemoProcess, type DemoTenant, slaTargetsOf } from './plan.ts';

/** Clients of one tenant, each with a key of its own scope. */
export interface TenantAccess {
  tenant: DemoTenant;
  ingest: ApiClient;
  query: ApiClient;
  /** Value of the key in `query`, for the curl lines. */
  queryKey: string;
}

const retentionDays = 365;
const metrics = [
  { metricType: 'CycleTime', label: 'cycle time', unit: 'hours' },
  { metricType: 'Milestone', label: 'milestones', unit: 'count' },
  { metricType: 'Volume', label: 'volume', unit: 'cases' },
  { metricType: 'ErrorRate', label: 'error rate', unit: 'percent' },
] as const;

/** Creates what is not there yet: organization, capabilities, metrics with SLA targets; and one key each to send and to ask with. */
export async function prepareTenant(admin: ApiClient, tenant: DemoTenant): Promise<TenantAccess> {
  const { code, name } = tenant;
  await createUnlessThere(admin.post('/api/v1/organizations', { code, name, dataRetentionDays: retentionDays }));
  for (const process of tenant.processes) await prepareProcess(admin, code, process);
  const [ingestKey, queryKey] = [await createKey(admin, code, 'Ingest'), await createKey(admin, code, 'Query')];
  return {
    tenant,
    ingest: createApiClient({ baseUrl: admin.baseUrl, key: ingestKey }),
    query: createApiClient({ baseUrl: admin.baseUrl, key: queryKey }),
    queryKey,
  };
}

async function prepareProcess(admin: ApiClient, orgCode: string, process: DemoProcess): Promise<void> {
  const { capability, name } = process;
  await createUnlessThere(admin.post('/api/v1/capabilities', { orgCode, code: capability, name }));
  for (const { metricType, label, unit } of metrics) {
    await admin.put(`/api/v1/metrics/met_${capability}_${metricType}`, {
      orgCode,
      displayName: `${name}: ${label}`,
      unit,
      slaDimension: 'urgency',
      slaTargets: metricType === 'CycleTime' ? slaTargetsOf(process) : {},
    });
  }
}

async function createKey(admin: ApiClient, orgCode: string, scope: 'Ingest' | 'Query'): Promise<string> {
  const { key } = await admin.post<{ key: string }>('/api/v1/keys', {
    name: `demo ${scope.toLowerCase()}`,
    scope,
    orgCode,
  });
  return key;
}
