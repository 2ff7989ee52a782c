import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAdminKey, openPipeline, type RunningPipeline, startPipeline } from '../support/running-pipeline.ts';

const defaultApiPort = '8080';
const defaultDataDir = '.tidemark';
const keyFileName = 'demo-admin-key';
const probeWithinMs = 2_000;

/** The demo cannot go on without something only its user knows. */
export class DemoSetupError extends Error {
  override name = 'DemoSetupError';
}

/**
 * The pipeline at `TIDEMARK_URL`, else the one running on the API port of this machine, else a new one on the data directory and ports
 * that `npm start` would use. Throws {@link DemoSetupError} when one is running whose admin key is not known here.
 */
export async function findPipeline(onLine: (line: string) => void): Promise<RunningPipeline> {
  const { TIDEMARK_URL, TIDEMARK_HOST = '127.0.0.1', TIDEMARK_API_PORT = defaultApiPort } = process.env;
  if (TIDEMARK_URL !== undefined) return openPipeline();
  const dataDir = process.env.TIDEMARK_DATA_DIR ?? defaultDataDir;
  const url = `http://${TIDEMARK_HOST}:${TIDEMARK_API_PORT}`;
  if (TIDEMARK_API_PORT !== '0' && (await isTidemark(url))) return joinPipeline(url, dataDir);
  return startPipeline({ dataDir, adminKey: await keepAdminKey(dataDir), env: {}, onLine });
}

async function isTidemark(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(probeWithinMs) });
    return response.headers.has('x-request-id');
  } catch {
    return false;
  }
}

function joinPipeline(url: string, dataDir: string): RunningPipeline {
  const adminKey = knownAdminKey(dataDir);
  if (adminKey === undefined) {
    throw new DemoSetupError(
      `a pipeline is running at ${url}; give the demo its admin key: TIDEMARK_ADMIN_KEY=mk_live_... npm run demo`,
    );
  }
  const stop = async () => {};
  const foreign = { pid: undefined, dataDir: undefined, startMs: undefined };
  return { apiUrl: url, ingestUrl: url, adminKey, ...foreign, stop, [Symbol.asyncDispose]: stop };
}

function knownAdminKey(dataDir: string): string | undefined {
  const path = join(dataDir, keyFileName);
  const stored = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  return process.env.TIDEMARK_ADMIN_KEY ?? stored;
}

// The key stays the same from run to run: giving the pipeline another one would revoke the one printed before.
async function keepAdminKey(dataDir: string): Promise<string> {
  const known = knownAdminKey(dataDir);
  if (known !== undefined) return known;
  const key = createAdminKey();
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, keyFileName), `${key}\n`, { mode: 0o600 });
  return key;
}
