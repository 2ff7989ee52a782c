import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../platform/config.ts';
import { ensurePepper, parsePepper, readPepper } from '../../../platform/tenancy/pepper.ts';

const secret = Buffer.alloc(32, 5).toString('base64url');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-pepper-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('parsePepper', () => {
  it('takes the first version as the current one', () => {
    const pepper = parsePepper(`v3:${secret},v1:${secret}`);
    expect(pepper.current).toBe(3);
    expect([...pepper.secrets.keys()]).toEqual([3, 1]);
  });

  it.each(['', 'v1', 'v1:short', `v0:${secret}`, `v1:${secret},v1:${secret}`, `${secret}`, `v1:${secret},`])(
    'refuses %j without showing it',
    (text) => {
      expect(() => parsePepper(text)).toThrow(ConfigError);
      expect(() => parsePepper(text)).not.toThrow(secret);
    },
  );
});

describe('readPepper', () => {
  it('names the variable that is missing', () => {
    expect(() => readPepper({})).toThrow('TIDEMARK_KEY_PEPPER is not set');
    expect(readPepper({ TIDEMARK_KEY_PEPPER: `v1:${secret}` }).current).toBe(1);
  });
});

describe('ensurePepper', () => {
  it('makes one pepper for all who ask at once, for the owner only, and keeps it', async () => {
    const dataDir = join(folder, 'fresh');
    const peppers = await Promise.all(Array.from({ length: 8 }, () => ensurePepper(dataDir)));
    expect(new Set(peppers).size).toBe(1);
    expect(await ensurePepper(dataDir)).toBe(peppers[0]);
    expect((await stat(join(dataDir, 'pepper'))).mode & 0o777).toBe(0o600);
    expect((await readFile(join(dataDir, 'pepper'), 'utf8')).trim()).toBe(peppers[0]);
  });

  it('refuses a damaged file by name instead of replacing it', async () => {
    await writeFile(join(folder, 'pepper'), 'v1:');
    await expect(ensurePepper(folder)).rejects.toThrow(join(folder, 'pepper'));
  });
});
