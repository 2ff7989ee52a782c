import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { maxKeys, parseKeySet } from '../../../../platform/tenancy/jwt/parse-key-set.ts';

const jwkOf = (pair: { publicKey: { export(options: { format: 'jwk' }): object } }) =>
  pair.publicKey.export({ format: 'jwk' }) as Record<string, unknown>;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const parse = (...keys: unknown[]) => parseKeySet(JSON.stringify({ keys }));

describe('a key set', () => {
  it('has the keys of the three algorithms by their ids', () => {
    const set = parse(
      { ...jwkOf(rsa), kid: 'r', use: 'sig', alg: 'RS256' },
      { ...jwkOf(ec), kid: 'e' },
      { ...jwkOf(ed), kid: 'o', alg: 'Ed25519', key_ops: ['verify'] },
    );
    expect(set.find('RS256', 'r')?.key.asymmetricKeyType).toBe('rsa');
    expect(set.find('ES256', 'e')?.key.asymmetricKeyType).toBe('ec');
    expect(set.find('EdDSA', 'o')?.key.asymmetricKeyType).toBe('ed25519');
    expect(set.find('ES256', 'r')).toBeUndefined();
    expect(set.find('HS256', 'r')).toBeUndefined();
  });

  it('answers a header without an id with the only key of the algorithm, and none of several', () => {
    expect(parse(jwkOf(rsa), jwkOf(ec)).find('RS256', undefined)).toBeDefined();
    const twice = parse({ ...jwkOf(ec), kid: 'a' }, { ...jwkOf(ec), kid: 'b' });
    expect(twice.find('ES256', undefined)).toBeUndefined();
    expect(twice.find('ES256', 'a')).toBeDefined();
  });

  it.each([
    ['a secret', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
    ['a private key', rsa.privateKey.export({ format: 'jwk' })],
    ['a short RSA key', jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    ['another curve', jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['another algorithm', { ...jwkOf(rsa), alg: 'PS256' }],
    ['encryption', { ...jwkOf(rsa), use: 'enc' }],
    ['signing only', { ...jwkOf(rsa), key_ops: ['sign'] }],
    ['a malformed key', { kty: 'RSA', n: '', e: 7 }],
    ['no point of the curve', { ...jwkOf(ec), x: jwkOf(ec).y }],
    ['null', null],
    ['text', 'RS256'],
  ])('leaves out %s and keeps the rest', (_name, jwk) => {
    const set = parse(jwk, { ...jwkOf(ed), kid: 'good' });
    for (const algorithm of ['RS256', 'ES256', 'HS256', 'PS256'])
      expect(set.find(algorithm, undefined)).toBeUndefined();
    expect(set.find('EdDSA', 'good')).toBeDefined();
  });

  it(`is looked through for ${maxKeys} keys`, () => {
    const filler = Array.from({ length: maxKeys - 1 }, () => ({ kty: 'oct' }));
    expect(parse(...filler, jwkOf(ed)).find('EdDSA', undefined)).toBeDefined();
    expect(parse({ kty: 'oct' }, ...filler, jwkOf(ed)).find('EdDSA', undefined)).toBeUndefined();
  });
});
