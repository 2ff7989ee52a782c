import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../platform/errors.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { TELEMETRY_ROUTES } from '../../schemas/api/telemetry.ts';
import { shapeErrorOfItems } from '../ndjson/item-shapes.ts';
import type { LineSink } from '../ndjson/store-lines.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import { derivedIds, freshIds } from './batch-ids.ts';
import type { TelemetryKind } from './kinds.ts';
import { storeItems } from './store-items.ts';

/** Stores the lines of one request as telemetry of a tenant. */
export function createTelemetrySink(
  intake: TelemetryIntake,
  kind: TelemetryKind,
  { request, tenant }: { request: FastifyRequest; tenant: Tenant },
): LineSink {
  const { noun, batch } = TELEMETRY_ROUTES[kind.name];
  const idempotencyKey = request.headers['idempotency-key'];
  return {
    store(items, key) {
      const ids = idempotencyKey === undefined ? freshIds() : derivedIds(tenant.id, `${idempotencyKey}\n${key}`);
      const shapeError = shapeErrorOfItems(request, batch.body, items);
      return storeItems(intake, kind, {
        tenant,
        items,
        shapeError,
        ids,
        path: (index, field) => `[${index}].${field}`,
      });
    },
    refuse: (line, details) =>
      new ApiError(400, { code: 'validation_error', message: `Invalid ${noun}: line ${line}`, details }),
  };
}
