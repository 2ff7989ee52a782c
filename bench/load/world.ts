import type { ApiClient } from '../support/client.ts';

/** What the load consists of: 6 capabilities with 4 metrics each, 36 combinations of dimensions. */
export const capabilities = ['P2P', 'PA', 'CLAIMS', 'INTAKE', 'APPEALS', 'BILLING'];
export const metricTypes = ['CycleTime', 'WaitTime', 'TouchTime', 'ReviewTime'];
export const urgencies = ['Standard', 'Urgent', 'Expedited'];
export const regions = ['Northeast', 'Midwest', 'South', 'West'];
export const categories = ['Medical', 'Surgical', 'Pharmacy'];
export const slaTargets = { Standard: 80, Urgent: 60, Expedited: 40 };
/** Values are even between 10 and 100, so about 61 % of the events are within their target. */

const retentionDays = 365;

/** Creates the tenant of a load with everything its events need. Resolves to its ingest key. */
export async function createLoadTenant(admin: ApiClient, orgCode: string): Promise<string> {
  const organization = { code: orgCode, name: `Load ${orgCode}`, dataRetentionDays: retentionDays };
  await admin.post('/api/v1/organizations', organization);
  for (const capability of capabilities) {
    await admin.post('/api/v1/capabilities', { orgCode, code: capability, name: capability });
    for (const metricType of metricTypes) {
      const metric = { orgCode, displayName: metricType, unit: 'hours', slaDimension: 'urgency', slaTargets };
      await admin.put(`/api/v1/metrics/met_${capability}_${metricType}`, metric);
    }
  }
  const { key } = await admin.post<{ key: string }>('/api/v1/keys', { name: 'load', scope: 'Ingest', orgCode });
  return key;
}
