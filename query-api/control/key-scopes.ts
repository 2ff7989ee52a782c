import { forbidden } from '../../platform/errors.ts';
import { adminPermissions } from '../../platform/tenancy/roles.ts';
import { type StatusScope, statusScopes } from '../../platform/tenancy/status-scopes.ts';
import type { Permission, Principal } from '../../platform/tenancy/tenancy.ts';
import type { ApiKeyScope } from '../../schemas/api/apikeys.ts';
import type { KeyScope } from '../../schemas/api/keys.ts';

/** A scope: what its creator has to hold, and what the key gets of what the creator holds. */
export interface Grant {
  needs: readonly Permission[];
  gives: readonly Permission[];
}

const exactly = (...permissions: Permission[]): Grant => ({ needs: permissions, gives: permissions });
const administration: Grant = { needs: ['ingest', 'query', 'admin'], gives: adminPermissions };

/** What each scope of the metrics API allows. */
export const keyGrants: Record<KeyScope, Grant> = {
  Admin: administration,
  Query: exactly('query'),
  Ingest: exactly('ingest'),
};

/** What each scope of the anomaly API allows. */
export const apiKeyGrants: Record<ApiKeyScope, Grant> = {
  admin: administration,
  query: exactly('query'),
  ingestion: exactly('ingest'),
};

/** What scopes of the status API allow together. */
export const tokenGrant = (scopes: readonly StatusScope[]): Grant =>
  exactly(...statusScopes.filter(({ name }) => scopes.includes(name)).map(({ permission }) => permission));

/** The permissions a key of the grant gets from its creator. ApiError 403 when the creator lacks one that the scope stands for. */
export function permissionsFor({ needs, gives }: Grant, creator: Principal): Permission[] {
  if (!needs.every((permission) => creator.permissions.has(permission)))
    throw forbidden('A key cannot be given more than the key that creates it may do.');
  return gives.filter((permission) => creator.permissions.has(permission));
}

/** The scope of the metrics API that says best what a set of permissions allows. */
export function scopeOf(permissions: readonly Permission[]): KeyScope {
  if (permissions.includes('admin')) return 'Admin';
  return permissions.includes('query') ? 'Query' : 'Ingest';
}

/** The same as a scope of the anomaly API. */
export function apiKeyScopeOf(permissions: readonly Permission[]): ApiKeyScope {
  if (permissions.includes('admin')) return 'admin';
  return permissions.includes('query') ? 'query' : 'ingestion';
}
