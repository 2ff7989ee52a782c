import type { Permission } from './tenancy.ts';

/** The scopes of family S and what each allows. */
export const statusScopes = [
  { name: 'read:status', permission: 'status' },
  { name: 'write:incidents', permission: 'incidents' },
  { name: 'write:maintenance', permission: 'maintenance' },
] as const satisfies readonly { name: string; permission: Permission }[];

export type StatusScope = (typeof statusScopes)[number]['name'];

/** The scopes of family S that a set of permissions amounts to. */
export const statusScopesOf = (permissions: ReadonlySet<Permission>): StatusScope[] =>
  statusScopes.filter(({ permission }) => permissions.has(permission)).map(({ name }) => name);
