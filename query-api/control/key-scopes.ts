import type { Permission } from '../../platform/tenancy/tenancy.ts';
import type { KeyScope } from '../../schemas/api/keys.ts';

/** What each scope of the metrics API allows. */
export const scopePermissions: Record<KeyScope, readonly Permission[]> = {
  Admin: ['ingest', 'query', 'admin'],
  Query: ['query'],
  Ingest: ['ingest'],
};

/** The scope that says best what a set of permissions allows. */
export function scopeOf(permissions: readonly Permission[]): KeyScope {
  if (permissions.includes('admin')) return 'Admin';
  return permissions.includes('query') ? 'Query' : 'Ingest';
}
