import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findPostgres } from '../../../platform/embedded/postgres-package.ts';
import { startPostgres } from '../../../platform/embedded/postgres-server.ts';
import { findUnprivileged } from '../../../platform/embedded/unprivileged.ts';
import { createLog } from '../../../platform/log.ts';

const root = 0;
const isRoot = process.getuid?.() === root;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('findUnprivileged', () => {
  it('changes nothing for an ordinary user', async () => {
    expect(await findUnprivileged('/bin/true', 1000)).toEqual({ prefix: [] });
  });

  it('says what to do where root has no way to give up its rights', async () => {
    await expect(findUnprivileged('/no/such/program', root)).rejects.toThrow(
      /start Tidemark as an ordinary user or set DATABASE_URL/,
    );
  });
});

describe.runIf(isRoot)('as root', () => {
  it('finds a way to run PostgreSQL', async () => {
    const { postgres } = await findPostgres();
    const found = await findUnprivileged(postgres);
    expect(found.prefix[0] === 'unshare' || found.uid !== undefined).toBe(true);
  });

  it('runs PostgreSQL as nobody where there are no user namespaces, and on the same data where there are', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tidemark-nobody-'));
    chmodSync(dataDir, 0o711);
    vi.stubEnv('PATH', '/nonexistent');
    const server = await startPostgres({ dataDir, log: createLog('postgres', 'silent') });
    expect(statSync(join(dataDir, 'postgres', 'data')).uid).not.toBe(root);
    await server.stop();
    vi.unstubAllEnvs();
    const again = await startPostgres({ dataDir, log: createLog('postgres', 'silent') });
    await again.stop();
    expect(again.url.split('@')[0]).toBe(server.url.split('@')[0]);
    rmSync(dataDir, { recursive: true, force: true });
  });
});
