import { describe, expect, it } from 'vitest';
import { createPageTokens, MAX_PAGE_TOKEN_LENGTH } from '../../../platform/http/page-tokens.ts';
import { parsePepper } from '../../../platform/tenancy/pepper.ts';

const secret = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const tokens = createPageTokens(parsePepper(`v1:${secret(1)}`));
const list = ['audit', ['org_acme'], { action: 'key.create' }];

describe('a page token', () => {
  it('gives its position back for the list it was made for', () => {
    expect(tokens.open(tokens.sign('4711', list), list)).toBe('4711');
    expect(tokens.open(tokens.sign('ü "x"', list), list)).toBe('ü "x"');
  });

  it('opens no other list, and not when it was altered or made up', () => {
    const token = tokens.sign('4711', list);
    expect(tokens.open(token, ['audit', ['org_globex'], { action: 'key.create' }])).toBeUndefined();
    const [position = '', mac = ''] = token.split('.');
    const other = Buffer.from('4712').toString('base64url');
    const wrong = [
      `${other}.${mac}`,
      `${position}.${mac.slice(0, -2)}AA`,
      position,
      mac,
      '',
      '.',
      `${token}x`,
      `${token}.${mac}`,
    ];
    for (const bad of wrong) expect(tokens.open(bad, list)).toBeUndefined();
    expect(createPageTokens(parsePepper(`v1:${secret(2)}`)).open(token, list)).toBeUndefined();
  });

  it('that is too long is not looked at', () => {
    const token = tokens.sign('x'.repeat(MAX_PAGE_TOKEN_LENGTH), list);
    expect(tokens.open(token, list)).toBeUndefined();
  });

  it('stays good when the pepper is rotated', () => {
    const rotated = createPageTokens(parsePepper(`v2:${secret(2)},v1:${secret(1)}`));
    expect(rotated.open(tokens.sign('4711', list), list)).toBe('4711');
  });
});
