import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainedRecord, chainOf, genesisHash, rowHash, stateHash } from '../../../platform/audit/audit-chain.ts';
import { canonicalJson } from '../../../platform/audit/canonical-json.ts';

const row: ChainedRecord = {
  chain: 'org_acme0000',
  seq: 1,
  at: Date.UTC(2026, 2, 18, 12),
  tenant: 'org_acme0000',
  credentialId: 'key_m3kL9xPq',
  userId: null,
  action: 'key.revoke',
  objectType: 'key',
  objectId: 'key_other000',
  requestId: 'req_1',
  result: 'ok',
  code: null,
  beforeHash: stateHash({ status: 'active' }),
  afterHash: stateHash({ status: 'revoked' }),
};

describe('canonical JSON', () => {
  it('writes equal values as equal texts, whatever the order of their members', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('hashes no object as none, and the same object as the same', () => {
    expect(stateHash(undefined)).toBeNull();
    expect(stateHash({ a: 1, b: 2 })).toBe(stateHash({ b: 2, a: 1 }));
    expect(stateHash({})).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the hash of a row', () => {
  it('stays what it is: chains of earlier versions must verify', () => {
    expect(rowHash(genesisHash, row).toString('hex')).toMatchInlineSnapshot(
      `"bd71f6cdc34a56e1a2622eb8c631fd345c4504492e4bfd84645dffc84cc9e11a"`,
    );
  });

  it('changes with every single thing the row says and with the row before', () => {
    const hashes = Object.keys(row).map((key) => rowHash(genesisHash, { ...row, [key]: 'other' }).toString('hex'));
    hashes.push(rowHash(Buffer.alloc(32, 1), row).toString('hex'), rowHash(genesisHash, row).toString('hex'));
    expect(new Set(hashes).size).toBe(Object.keys(row).length + 2);
  });

  it('belongs to the chain of its tenant, or to that of the platform', () => {
    expect(chainOf({ tenant: 'org_acme0000' })).toBe('org_acme0000');
    expect(chainOf({ tenant: null })).toBe('platform');
  });
});
