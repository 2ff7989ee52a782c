import type { FastifyRequest } from 'fastify';
import { badRequest, forbidden, unauthorized } from '../errors.ts';
import { statusScopes } from '../tenancy/status-scopes.ts';
import type { Directory, Permission, Principal } from '../tenancy/tenancy.ts';
import { familyOf } from './families.ts';

/** The principal of the credential a request presents. ApiError 401 when it presents none or an unknown one, 400 when two different ones. */
export async function authenticate(request: FastifyRequest, directory: Directory): Promise<Principal> {
  const credential = presentedCredential(request.headers);
  const principal = credential === undefined ? undefined : await directory.authenticate(credential);
  if (principal === undefined) throw unauthorized();
  return principal;
}

/**
 * Refuses with 403 unless the request's principal holds the permission its route declares (`credential`: any will do) and a tenant of it
 * is active; a route that declares none is closed.
 */
export function checkPermission(request: FastifyRequest, permission: Permission | 'credential' | undefined): void {
  if (request.principal.isSuspended === true) throw forbidden('The organization is suspended.');
  if (permission === 'credential') return;
  if (permission !== undefined && request.principal.permissions.has(permission)) return;
  throw familyOf(request) === 'S' ? forbidden(`missing required scope: ${scopeOf(permission)}`) : forbidden();
}

function scopeOf(permission: Permission | undefined): string | undefined {
  const documented = statusScopes.find((scope) => scope.permission === permission);
  return documented?.name ?? permission;
}

/** The credential in `X-Api-Key` or `Authorization: Bearer`; undefined when there is none. */
export function presentedCredential(headers: FastifyRequest['headers']): string | undefined {
  const apiKey = headers['x-api-key'];
  const bearer = bearerToken(headers.authorization);
  const isTwo = Array.isArray(apiKey) || (apiKey !== undefined && bearer !== undefined && apiKey !== bearer);
  if (isTwo) throw badRequest('Send one credential: X-Api-Key and Authorization name two different ones.');
  return apiKey ?? bearer;
}

function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}
