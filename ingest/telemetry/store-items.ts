import { ApiError } from '../../platform/errors.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { TELEMETRY_ROUTES } from '../../schemas/api/telemetry.ts';
import { TELEMETRY_LIMITS } from '../../schemas/api/telemetry-limits.ts';
import { mergeIssues } from '../accept-issues.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import type { Stored } from '../telemetry-writer.ts';
import type { BatchIds } from './batch-ids.ts';
import type { TelemetryKind } from './kinds.ts';

export interface NewItems<Incoming> {
  tenant: Tenant;
  items: readonly Incoming[];
  /** What the check of their shape said. */
  shapeError: ApiError | undefined;
  ids: BatchIds;
  /** Path of a field of the item at a position: `[3].level` or `level`. */
  path: (index: number, field: string) => string;
}

/** Stores the items in one record. Resolves when it is durable; ApiError 400 naming what is invalid, 403 beyond the services of the plan, and then nothing is stored. */
export async function storeItems<Incoming, Item>(
  intake: TelemetryIntake,
  kind: TelemetryKind<Incoming, Item>,
  { tenant, items, shapeError, ids, path }: NewItems<Incoming>,
): Promise<Stored> {
  const receivedAt = intake.now();
  const accepted = kind.accept(intake, items, { tenant, receivedAt, retentionDays: tenant.dataRetentionDays, ids });
  const events = 'issues' in accepted ? accepted.issues : [];
  const shape = shapeError?.details ?? [];
  if ('issues' in accepted || shapeError !== undefined) {
    throw invalid(TELEMETRY_ROUTES[kind.name].noun, mergeIssues({ shape, events, path }));
  }
  await intake.admitServices(tenant, accepted.services);
  const { batch: id, isRepeatable } = ids;
  return kind.write(intake, tenant, { id, isRepeatable, receivedAt, items: accepted.items });
}

// Rendered as the documented sentence: `Invalid log event: level: must be one of …`.
function invalid(noun: string, issues: readonly { field: string; issue: string }[]): ApiError {
  const details = issues
    .slice(0, TELEMETRY_LIMITS.issues)
    .map(({ field, issue }) => ({ field: field === '' ? 'body' : field, issue }));
  return new ApiError(400, { code: 'validation_error', message: `Invalid ${noun}`, details });
}
