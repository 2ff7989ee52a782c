import { notFound } from '../../platform/errors.ts';
import { resolveTenants } from '../../platform/http/tenant-scope.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import type { AnomalyDetails } from '../../schemas/api/anomalies.ts';
import type { Call } from '../control/call.ts';
import type { QueryApiDeps } from '../deps.ts';
import { formatInstant } from '../range.ts';
import { toAnomaly } from './anomaly-view.ts';
import { explain } from './explain-anomaly.ts';
import { findContribution } from './find-contribution.ts';
import { readAnomaly, type StoredAnomaly, type StoredFinding } from './read-anomalies.ts';
import type { Resolution } from './resolutions.ts';

export interface AnomalyRequest {
  principal: Principal;
  id: string;
  signal: AbortSignal;
}

/** One anomaly with what explains it. ApiError 404 when none of the caller's organizations has it. */
export async function showAnomaly(deps: QueryApiDeps, request: AnomalyRequest): Promise<AnomalyDetails> {
  const stored = await findAnomaly(deps, request);
  const resolution = await deps.control.resolutions.find([stored.tenant], stored.id);
  return toDetails(deps, stored, { resolution, signal: request.signal });
}

/** Resolves an anomaly by hand, whatever found it; the first resolution stays. ApiError 404 as {@link showAnomaly}. */
export async function resolveAnomaly(
  deps: QueryApiDeps,
  call: Call,
  { note, ...request }: AnomalyRequest & { note: string },
): Promise<AnomalyDetails> {
  const stored = await findAnomaly(deps, request);
  const { tenant, id, detectedAtMs } = stored;
  const resolution = await deps.control.resolutions.resolve(call, { tenant, id, detectedAtMs, note });
  return toDetails(deps, stored, { resolution, signal: request.signal });
}

async function findAnomaly(
  { clickhouse, directory }: QueryApiDeps,
  { principal, id, signal }: AnomalyRequest,
): Promise<StoredAnomaly & StoredFinding> {
  const found = await resolveTenants({ directory, principal, purpose: 'read' });
  const stored = await readAnomaly(clickhouse, { tenants: found.map((tenant) => tenant.id), id, signal });
  if (stored === undefined) throw notFound('There is no such anomaly.');
  return stored;
}

async function toDetails(
  { clickhouse }: QueryApiDeps,
  stored: StoredAnomaly & StoredFinding,
  { resolution, signal }: { resolution: Resolution | undefined; signal: AbortSignal },
): Promise<AnomalyDetails> {
  const [at] = stored.finding;
  const hasDimensions = at !== undefined && stored.kind === 'statistical';
  const contribution = hasDimensions ? await findContribution(clickhouse, stored, { at, signal }) : null;
  return {
    ...toAnomaly(stored, resolution),
    explanation: explain(stored, contribution),
    resolution: resolution === undefined ? null : toResolution(resolution),
  };
}

function toResolution({ resolvedAtMs, resolvedBy, note }: Resolution) {
  return { resolved_at: formatInstant(resolvedAtMs), resolved_by: resolvedBy, note };
}
