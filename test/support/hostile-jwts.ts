import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { issueToken } from '../../platform/tenancy/jwt/issued-tokens.ts';
import { maxTokenLength } from '../../platform/tenancy/jwt/jwt-header.ts';
import { testPepper } from './control-plane.ts';
import { claimsAt, type createProvider, encode, sharedKey, sharedSecret, sign } from './jwts.ts';

export interface HostileWorld {
  /** Milliseconds since the epoch. */
  now: number;
  /** A key in force and a tenant it may not touch, and one that was revoked. */
  keyId: string;
  foreignTenant: string;
  revokedKeyId: string;
  tenant: string;
}

export type HostileTokens = Record<string, string>;

const attacker = createSecretKey('the attacker has a secret of 32 characters', 'utf8');

/** A token of exactly these parts, signed with a secret as HS256 would be. */
function raw(header: unknown, payload: unknown, secret: string = sharedSecret): string {
  const body = `${encode(header)}.${encode(payload)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** Tokens nobody may get in with, whatever the configuration, made by somebody who does not have the secret, or by an issuer gone wrong. */
export async function hostileToSecret({ now }: HostileWorld): Promise<HostileTokens> {
  const claims = claimsAt(now);
  const header = { alg: 'HS256', typ: 'JWT' };
  const valid = await sign(claims);
  const [head, body, signature = ''] = valid.split('.');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = rsa.publicKey.export({ format: 'jwk' });
  const changed = (changes: object) => sign({ ...claims, ...changes });
  const without = (name: keyof typeof claims) => {
    const { [name]: _, ...rest } = claims;
    return sign(rest);
  };
  const unsigned = (alg: string) => `${encode({ ...header, alg })}.${encode(claims)}`;
  const withHeader = (more: object, key: KeyObject = attacker) => sign(claims, { key, header: { ...more } });
  return {
    'alg none': `${unsigned('none')}.`,
    'alg none without the last dot': unsigned('none'),
    'alg None': `${unsigned('None')}.`,
    'alg NONE with a signature': `${unsigned('NONE')}.${signature}`,
    'alg none signed by the issuer': raw({ ...header, alg: 'none' }, claims),
    'alg hs256': raw({ ...header, alg: 'hs256' }, claims),
    'no alg': raw({ typ: 'JWT' }, claims),
    'alg is no text': raw({ ...header, alg: ['HS256'] }, claims),
    'alg HS384 with the secret': await sign(claims, { alg: 'HS384' }),
    'alg HS512 with the secret': await sign(claims, { alg: 'HS512' }),
    'another secret': await sign(claims, { key: attacker }),
    'the empty secret': raw(header, claims, ''),
    'a payload changed after signing': `${head}.${encode({ ...claims, role: 'super-admin' })}.${signature}`,
    'a header changed after signing': `${encode({ ...header, kid: 'x' })}.${body}.${signature}`,
    'a signature cut short': valid.slice(0, -4),
    'a signature of one byte': `${head}.${body}.AA`,
    'an empty signature': `${head}.${body}.`,
    'another issuer': await changed({ iss: 'https://other.example' }),
    'issuer as a list': await changed({ iss: [claims.iss] }),
    'another audience': await changed({ aud: 'other' }),
    'audiences without ours': await changed({ aud: ['other', 'tidemark2'] }),
    expired: await changed({ exp: now / 1_000 - 6 }),
    'expiry as text': await changed({ exp: String(claims.exp) }),
    'not valid yet': await changed({ nbf: now / 1_000 + 60 }),
    'without expiry': await without('exp'),
    'without issuer': await without('iss'),
    'without audience': await without('aud'),
    'without subject': await without('sub'),
    'without tenant': await without('tenant'),
    'without role': await without('role'),
    'an empty subject': await changed({ sub: '' }),
    'an unknown role': await changed({ role: 'root' }),
    'a role of the prototype': await changed({ role: 'constructor' }),
    'roles as a list': await changed({ role: ['admin'] }),
    'an unknown tenant': await changed({ tenant: 'nobody' }),
    'tenants as a list': await changed({ tenant: ['acme-corp'] }),
    'a tenant with a zero byte': await changed({ tenant: 'acme-corp\0' }),
    'every tenant': await changed({ tenant: '*' }),
    'two different tenants': await changed({ tenant_id: 'globex' }),
    'a critical header': raw({ ...header, crit: ['exp'], exp: 1 }, claims),
    'an unencoded payload': raw({ ...header, b64: false, crit: ['b64'] }, claims),
    'alg twice in the header': raw(`{"alg":"none","alg":"HS256","typ":"JWT"}`, claims),
    'alg twice, once escaped': raw(String.raw`{"\u0061lg":"none","alg":"HS256"}`, claims),
    'its own key in jwk': await withHeader({ jwk: { kty: 'oct', k: encode('the attacker') } }),
    'its own public key in jwk': await sign(claims, { alg: 'RS256', key: rsa.privateKey, header: { jwk } }),
    'its own keys at jku': await withHeader({ jku: 'https://attacker.example/jwks' }),
    'its own certificate at x5u': await withHeader({ x5u: 'https://attacker.example/x5u' }),
    'its own certificate in x5c': await withHeader({ x5c: ['MIIB'] }),
    'jku although signed by the issuer': await withHeader({ jku: 'https://attacker.example/jwks' }, sharedKey),
    'kid with a path, signed with the empty file': raw({ ...header, kid: '../../../../dev/null' }, claims, ''),
    'kid with SQL': raw({ ...header, kid: "x' UNION SELECT 'secret' --" }, claims, 'secret'),
    'an asymmetric algorithm': await sign(claims, { alg: 'RS256', key: rsa.privateKey }),
    'a token in a token': raw({ ...header, cty: 'JWT' }, valid),
    'another kind of token': raw({ ...header, typ: 'dpop+jwt' }, claims),
    'five parts': `${valid}.${body}.${signature}`,
    'claims that are a list': raw(header, [claims]),
    'claims that are null': raw(header, null),
    'claims that are no JSON': raw(header, 'claims'),
    'a header that is no JSON': raw('{"alg":"HS256"', claims),
    'a huge token of the issuer': await changed({ padding: 'x'.repeat(maxTokenLength) }),
    'a huge header': raw({ ...header, kid: 'k'.repeat(2_000) }, claims),
    'padded base64': `${head}.${body}.${signature}=`,
  };
}

/** Tokens in the form of those Tidemark makes of keys. */
export async function hostileAsIssued(world: HostileWorld): Promise<HostileTokens> {
  const { now, keyId, revokedKeyId, foreignTenant, tenant } = world;
  const token = { keyId, tenant, role: 'admin', issuedAt: now, expiresAt: now + 600_000 } as const;
  const payload = { ...claimsAt(now), iss: 'tidemark', aud: 'tidemark', key_id: keyId, tenant_id: tenant };
  const issued = { alg: 'HS256', typ: 'JWT', kid: 'tidemark-v1' };
  return {
    'issued for a tenant that the key may not touch': await issueToken({ ...token, tenant: foreignTenant }, testPepper),
    'issued for a tenant that is none': await issueToken({ ...token, tenant: 'nobody' }, testPepper),
    'issued for a key that was revoked': await issueToken({ ...token, keyId: revokedKeyId }, testPepper),
    'issued for a key that is none': await issueToken({ ...token, keyId: 'key_000000000000' }, testPepper),
    'issued and expired': await issueToken({ ...token, expiresAt: now - 6_000 }, testPepper),
    'issued by the identity provider': raw(issued, payload),
    'issued with the empty secret': raw(issued, payload, ''),
    'issued with a pepper that is none': raw({ ...issued, kid: 'tidemark-v2' }, payload, ''),
    'issued with a pepper that is no number': raw({ ...issued, kid: 'tidemark-vNaN' }, payload, ''),
  };
}

/** Tokens that play one algorithm of published keys against another. */
export async function hostileToKeySet(
  { now }: HostileWorld,
  { pairs, keySet }: ReturnType<typeof createProvider>,
): Promise<HostileTokens> {
  const claims = claimsAt(now);
  const { RS256, ES256, EdDSA } = pairs;
  const pem = RS256.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const der = RS256.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1');
  const jwk = JSON.stringify(JSON.parse(keySet).keys[0]);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const by = (alg: string, key: KeyObject, kid: string) => sign(claims, { alg, key, header: { kid } });
  const hmac = { alg: 'HS256', typ: 'JWT', kid: 'k-RS256' };
  const zero = (bytes: number) => Buffer.alloc(bytes).toString('base64url');
  const unsigned = (alg: string) => `${encode({ alg, typ: 'JWT', kid: `k-${alg}` })}.${encode(claims)}`;
  return {
    'HMAC with the public key as PEM': raw(hmac, claims, pem),
    'HMAC with the public key as DER': raw(hmac, claims, der),
    'HMAC with the public key as JWK': raw(hmac, claims, jwk),
    'HMAC with a shared secret': raw(hmac, claims),
    'HMAC without a key id': raw({ alg: 'HS256' }, claims, pem),
    'RS256 of a stranger': await by('RS256', stranger, 'k-RS256'),
    'PS256 with the right key': await by('PS256', RS256.privateKey, 'k-RS256'),
    'RS512 with the right key': await by('RS512', RS256.privateKey, 'k-RS256'),
    'the right key under an unknown id': await by('RS256', RS256.privateKey, 'k-unknown'),
    'the right key under a path': await by('RS256', RS256.privateKey, '../k-RS256'),
    'RS256 under the id of another algorithm': await by('RS256', RS256.privateKey, 'k-ES256'),
    'ES256 under the id of another algorithm': await by('ES256', ES256.privateKey, 'k-EdDSA'),
    'ES384 of another curve': await by('ES384', other, 'k-ES256'),
    'EdDSA under the id of another algorithm': await by('EdDSA', EdDSA.privateKey, 'k-RS256'),
    'ES256 with a signature of zeros': `${unsigned('ES256')}.${zero(64)}`,
    'RS256 with a signature of zeros': `${unsigned('RS256')}.${zero(256)}`,
    'EdDSA with a signature of zeros': `${unsigned('EdDSA')}.${zero(64)}`,
    'alg none with a key id': `${encode({ alg: 'none', kid: 'k-RS256' })}.${encode(claims)}.`,
    'expired, rightly signed': await sign(
      { ...claims, exp: now / 1_000 - 6 },
      { alg: 'ES256', key: ES256.privateKey, header: { kid: 'k-ES256' } },
    ),
  };
}
