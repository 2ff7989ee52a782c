import type { Resolution, Resolutions } from '../../query-api/anomalies/resolutions.ts';

/** Resolutions by hand without a database, and without an audit row. */
export function createMemoryResolutions(now: () => number): Resolutions {
  const kept = new Map<string, Resolution & { tenant: string; detectedAtMs: number }>();
  return {
    list: async (tenants, { from, to }) =>
      [...kept.values()].filter(({ tenant, detectedAtMs: at }) => tenants.includes(tenant) && at >= from && at < to),
    find: async (tenants, id) => tenants.map((tenant) => kept.get(`${tenant} ${id}`)).find((one) => one !== undefined),
    async resolve({ principal }, { tenant, id, detectedAtMs, note }) {
      const name = `${tenant} ${id}`;
      const made = { id, tenant, detectedAtMs, resolvedAtMs: now(), resolvedBy: principal.credentialId, note };
      if (!kept.has(name)) kept.set(name, made);
      return kept.get(name) ?? made;
    },
  };
}
