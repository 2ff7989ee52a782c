import { notFound } from '../../platform/errors.ts';
import { resolveTenant } from '../../platform/http/tenant-scope.ts';
import type { Directory, Principal } from '../../platform/tenancy/tenancy.ts';
import type { FlowPlace } from './case-flows.ts';

export interface CapabilityQuestion {
  principal: Principal;
  /** Code of the capability. */
  code: string;
  /** The organization, if the client named one. */
  orgCode: string | undefined;
  purpose: 'read' | 'write';
}

/** The capability a request is about. ApiError 404 when the organization has none of that code; 403 or 404 for a foreign organization. */
export async function findCapability(
  directory: Directory,
  { principal, code, orgCode, purpose }: CapabilityQuestion,
): Promise<FlowPlace> {
  const tenant = await resolveTenant({ directory, principal, reference: orgCode, purpose });
  const { capabilities } = await directory.catalog(tenant.id);
  if (!capabilities.has(code)) throw notFound();
  return { tenant, capability: code };
}
