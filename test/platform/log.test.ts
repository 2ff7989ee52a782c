import { describe, expect, it } from 'vitest';
import { createLog } from '../../platform/log.ts';
import { redactSecrets } from '../../platform/redact.ts';

const key = 'mk_live_Ab3dEf6hIj9k_0123456789012345678901234567890123456789012345678';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';

/** The line a logger writes for what is logged. */
function lineOf(logged: object, message = 'a message'): string {
  const lines: string[] = [];
  createLog('test', 'info', { write: (line) => lines.push(line) }).info(logged, message);
  return lines.join('');
}

describe('a log line', () => {
  it.each([
    ['a header of a request', { req: { headers: { 'x-api-key': 'hush', authorization: 'hush' } } }],
    ['headers alone', { headers: { authorization: 'hush', cookie: 'hush' } }],
    ['a field named after it', { password: 'hush', token: 'hush', apiKey: 'hush' }],
    ['a field one level below', { config: { secret: 'hush', pepper: 'hush' } }],
  ])('does not show a secret in %s', (_where, logged) => {
    expect(lineOf(logged)).not.toContain('hush');
    expect(lineOf(logged)).toContain('[redacted]');
  });

  it('shows no key that stands in the text of an error or of a message', () => {
    const line = lineOf({ err: new Error(`no such key: ${key}`) }, `tried ${jwt}`);
    expect(line).not.toContain(key.slice(12));
    expect(line).not.toContain(jwt.slice(6));
    expect(JSON.parse(line)).toMatchObject({ name: 'test', err: { message: 'no such key: mk_live_[redacted]' } });
  });
});

describe('a text without its secrets', () => {
  it.each([
    [`key ${key} is wrong`, 'key mk_live_[redacted] is wrong'],
    ['ops_Ab3dEf6hIj9k_01234 isage_Ab3dEf6hIj9k_01234', 'ops_[redacted] isage_[redacted]'],
    [`token ${jwt}.`, 'token [redacted].'],
    ['authorization: Bearer abcdefgh.ijkl', 'authorization: Bearer [redacted]'],
    ['authorization: basic dXNlcjpwYXNz', 'authorization: basic [redacted]'],
    ['postgres://user:p4ss@db:5432/x failed', 'postgres://[redacted]@db:5432/x failed'],
    [
      'http://u:p@127.0.0.1:8123 and tidemark-log://tok3n@127.0.0.1:1',
      'http://[redacted]@127.0.0.1:8123 and tidemark-log://[redacted]@127.0.0.1:1',
    ],
  ])('is "%s" without them', (text, redacted) => {
    expect(redactSecrets(text)).toBe(redacted);
  });

  it.each(['mk_live_m3kL...', 'key_m3kL9xPqR2sT', 'http://127.0.0.1:8080/api', 'the bearer of news', 'ops_team'])(
    'is "%s" itself when it has none',
    (text) => {
      expect(redactSecrets(text)).toBe(text);
    },
  );
});
