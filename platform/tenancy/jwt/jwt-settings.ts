import type { Config } from '../../config.ts';

/** How the JWTs of an identity provider are verified. */
export interface JwtSettings {
  issuer: string;
  audience: string;
  /** A shared secret (HS256), or where the provider publishes its keys (RS256, ES256, EdDSA). */
  source: { secret: string } | { jwksUrl: string };
}

/** Issuer and audience where none are configured. */
export const defaultParty = 'tidemark';

/** The settings of a configuration; undefined when it has neither secret nor key set, so that no provider is trusted. */
export function jwtSettings(
  config: Pick<Config, 'jwtSecret' | 'jwksUrl' | 'jwtIssuer' | 'jwtAudience'>,
): JwtSettings | undefined {
  const { jwtSecret: secret, jwksUrl, jwtIssuer: issuer = defaultParty, jwtAudience: audience = defaultParty } = config;
  if (jwksUrl !== undefined) return { issuer, audience, source: { jwksUrl } };
  return secret === undefined ? undefined : { issuer, audience, source: { secret } };
}
