import type { Permission } from './tenancy.ts';

/** Roles of people and of JWTs; each below super-admin may what the one before it may. */
export type Role = 'viewer' | 'operator' | 'admin' | 'super-admin';

export const roleLevels: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3, 'super-admin': 4 };

/** Everything that can be done within a tenant. */
export const adminPermissions: readonly Permission[] = [
  'ingest',
  'query',
  'status',
  'incidents',
  'maintenance',
  'admin',
];

/** A super-admin looks after tenants and reads no data of theirs: whoever needs to takes a role in the tenant. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['query', 'status'],
  operator: ['query', 'status', 'ingest', 'incidents', 'maintenance'],
  admin: adminPermissions,
  'super-admin': ['platform'],
};

export const isRole = (text: unknown): text is Role => typeof text === 'string' && Object.hasOwn(roleLevels, text);

/** The role that says best what a set of permissions allows. */
export function roleOf(permissions: ReadonlySet<Permission>): Role {
  if (permissions.has('platform')) return 'super-admin';
  if (permissions.has('admin')) return 'admin';
  const changes: Permission[] = ['ingest', 'incidents', 'maintenance'];
  return changes.some((permission) => permissions.has(permission)) ? 'operator' : 'viewer';
}

/** The rights of family A that a set of permissions amounts to. */
export function rightsOf(permissions: ReadonlySet<Permission>): string[] {
  return rights
    .filter(({ of }) => of.some((permission) => permissions.has(permission)))
    .flatMap(({ names }) => [...names]);
}

const rights: readonly { names: readonly string[]; of: readonly Permission[] }[] = [
  { names: ['read'], of: ['query', 'status'] },
  { names: ['write'], of: ['ingest', 'incidents', 'maintenance'] },
  { names: ['manage_keys', 'manage_users'], of: ['admin'] },
  { names: ['manage_tenants'], of: ['platform'] },
];
