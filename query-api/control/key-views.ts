import { statusScopesOf } from '../../platform/tenancy/status-scopes.ts';
import type { ApiKey } from '../../schemas/api/apikeys.ts';
import type { Key } from '../../schemas/api/keys.ts';
import type { Token } from '../../schemas/api/tokens.ts';
import { apiKeyScopeOf, scopeOf } from './key-scopes.ts';
import type { StoredKey } from './list-keys.ts';

const apiKeyIdPrefix = 'isage_';
const tokenPrefixLength = 8;

/** As the metrics API shows it. */
export function toKey({ id, name, permissions, prefix, createdAt, lastUsedAt }: StoredKey): Key {
  return {
    id,
    name,
    scope: scopeOf(permissions),
    prefix,
    createdAt: createdAt.toISOString(),
    lastUsedAt: iso(lastUsedAt),
  };
}

/** As the anomaly API shows it. */
export function toApiKey(key: StoredKey): ApiKey {
  return {
    key_id: apiKeyId(key.id),
    name: key.name,
    prefix: key.prefix,
    scope: apiKeyScopeOf(key.permissions),
    rate_limit_rps: key.rateLimitRps,
    created_at: key.createdAt.toISOString(),
    expires_at: iso(key.expiresAt),
    last_used_at: iso(key.lastUsedAt),
  };
}

/** As the status API shows it. */
export function toToken(key: StoredKey): Token {
  return {
    id: key.id,
    name: key.name,
    token_prefix: tokenPrefix(key.id),
    scopes: statusScopesOf(new Set(key.permissions)),
    created_at: key.createdAt.toISOString(),
    expires_at: iso(key.expiresAt),
    last_used_at: iso(key.lastUsedAt),
  };
}

/** The id of a key in the anomaly API. */
export const apiKeyId = (id: string): string => `${apiKeyIdPrefix}${id}`;

/** The id of a key by its id in the anomaly API or in any other. */
export const keyIdOf = (reference: string): string =>
  reference.startsWith(apiKeyIdPrefix) ? reference.slice(apiKeyIdPrefix.length) : reference;

/** What stands behind the prefix of the family at the beginning of a key. */
export const tokenPrefix = (id: string): string => id.slice('key_'.length).slice(0, tokenPrefixLength);

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;
