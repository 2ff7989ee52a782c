import { badRequest, forbidden, notFound } from '../errors.ts';
import { type Directory, mayTouch, type Principal, type Tenant } from '../tenancy/tenancy.ts';

export interface TenantQuestion {
  directory: Directory;
  principal: Principal;
  /** Any id style of the tenant, as the client wrote it; absent when the client named none. */
  reference?: string | undefined;
  /** What an unknown or foreign tenant is answered with: 403 for a write, for a read the same 404 as a missing object. */
  purpose: 'read' | 'write';
  /** The field by which a request names a tenant; `orgCode` when absent. */
  field?: string;
  /** Finds suspended tenants too: for those who look after tenants. */
  evenSuspended?: boolean;
}

/**
 * The tenant a request is about. Only the credential decides: a tenant it may not touch is answered exactly as one that does not
 * exist. ApiError 400 when the client must name one of several, 403 when the tenant is suspended.
 */
export async function resolveTenant(question: TenantQuestion): Promise<Tenant> {
  const tenant = await findTenant(question);
  if (tenant === undefined || !mayTouch(question.principal, tenant.id)) throw refusal(question.purpose);
  if (tenant.status === 'suspended' && question.evenSuspended !== true)
    throw forbidden('The organization is suspended.');
  return tenant;
}

/** All tenants a credential may read, or the one the client named. */
export async function resolveTenants(question: TenantQuestion): Promise<Tenant[]> {
  if (question.reference !== undefined) return [await resolveTenant(question)];
  const tenants = await question.directory.tenants(question.principal.tenants);
  return tenants.filter(({ status }) => status === 'active');
}

async function findTenant({
  directory,
  principal,
  reference,
  field = 'orgCode',
}: TenantQuestion): Promise<Tenant | undefined> {
  if (reference !== undefined) return directory.tenant(reference);
  const [only, ...others] = await directory.tenants(principal.tenants);
  if (others.length === 0) return only;
  const issue = 'must name one of the organizations of the API key';
  throw badRequest(`The '${field}' field is required, because the API key spans several organizations.`, [
    { field, issue },
  ]);
}

function refusal(purpose: TenantQuestion['purpose']) {
  return purpose === 'read' ? notFound() : forbidden('API key does not have access to this organization.');
}
