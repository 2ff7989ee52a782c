import { join } from 'node:path';
import type { Config } from '../config.ts';
import { readOrCreateSecrets } from '../embedded/secret-file.ts';
import { createLog } from '../log.ts';
import { migrate } from '../migrate/migrate.ts';
import { migrateTopics } from '../migrate/migrate-topics.ts';
import { bootstrapAdminKey } from '../tenancy/bootstrap.ts';
import { ensurePepper, parsePepper } from '../tenancy/pepper.ts';
import type { PrepareInput } from './supervisor.ts';

/**
 * Brings both databases and the topics of Kafka to what this version needs, and sees to it that there is an admin key. Returns the key when it was generated now (one
 * that the operator chose is not shown), the pepper that the tiers need to verify keys, and the secret of JWTs.
 */
export async function prepareStores({ config, dataDir, stores, sink, env }: PrepareInput) {
  const log = createLog('tidemark', config.logLevel, { write: (line) => sink.out(line.trimEnd()) });
  const { databaseUrl, clickhouseWriterUrl: clickhouseUrl } = stores;
  const pepper = env.TIDEMARK_KEY_PEPPER ?? (await ensurePepper(dataDir));
  await migrate({ databaseUrl, clickhouseUrl, clickhouseCluster: config.clickhouseCluster, log });
  await migrateTopics(config, log);
  const key = await bootstrapAdminKey({ databaseUrl, adminKey: config.adminKey, pepper: parsePepper(pepper) });
  const jwtSecret = await jwtSecretOf(config, dataDir);
  return { adminKey: config.adminKey === undefined ? key : undefined, pepper, jwtSecret };
}

async function jwtSecretOf({ jwtSecret, jwksUrl }: Config, dataDir: string): Promise<string | undefined> {
  if (jwtSecret !== undefined || jwksUrl !== undefined) return jwtSecret;
  return (await readOrCreateSecrets(join(dataDir, 'jwt.json'), ['secret'])).secret;
}
