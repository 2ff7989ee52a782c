import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { JwtAlgorithm, JwtKey } from './verify-signature.ts';

/** Keys of a key set that are looked at. */
export const maxKeys = 100;
const minRsaBits = 2_048;

export interface KeySet {
  /** The key a header asks for; without `kid` the only one of the algorithm. */
  find(algorithm: string, kid: string | undefined): JwtKey | undefined;
}

interface NamedKey extends JwtKey {
  kid: string | undefined;
}

/** Reads a JSON Web Key Set. Keys that are secret, too short, of another curve or for another purpose are left out. Throws when it is no key set. */
export function parseKeySet(json: string): KeySet {
  const { keys } = (JSON.parse(json) ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('the answer is no JSON Web Key Set');
  const usable = keys.slice(0, maxKeys).flatMap(toKey);
  return {
    find(algorithm, kid) {
      const candidates = usable.filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid));
      return candidates.length === 1 ? candidates[0] : undefined;
    },
  };
}

function toKey(jwk: Record<string, unknown>): NamedKey[] {
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined || !isForVerification(jwk, algorithm)) return [];
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? minRsaBits;
    return bits < minRsaBits ? [] : [{ algorithm, key, kid: typeof jwk.kid === 'string' ? jwk.kid : undefined }];
  } catch {
    // One malformed key must not take the others with it.
    return [];
  }
}

function algorithmOf(jwk: Record<string, unknown> | null): JwtAlgorithm | undefined {
  if (jwk?.kty === 'RSA') return 'RS256';
  if (jwk?.kty === 'EC' && jwk.crv === 'P-256') return 'ES256';
  return jwk?.kty === 'OKP' && jwk.crv === 'Ed25519' ? 'EdDSA' : undefined;
}

function isForVerification(jwk: Record<string, unknown>, algorithm: JwtAlgorithm): boolean {
  const { alg = algorithm, use = 'sig', key_ops: operations = ['verify'] } = jwk;
  const isOwn = alg === algorithm || (algorithm === 'EdDSA' && alg === 'Ed25519');
  return isOwn && use === 'sig' && Array.isArray(operations) && operations.includes('verify') && jwk.d === undefined;
}
