import { createPostgres } from '../../platform/postgres.ts';
import { createDirectory } from '../../platform/tenancy/directory.ts';
import { silentLog, testPepper } from './control-plane.ts';
import { secretSettings } from './jwts.ts';

/** What another process is asked to look at until it finds it as wanted. */
export type Watch = { credential: string; until: 'refused' | 'suspended' | 'allowed' };

const sql = createPostgres(process.argv[2] ?? '');
const options = { sql, pepper: testPepper, jwt: secretSettings, log: silentLog, now: Date.now };
const directory = await createDirectory(options);

async function stateOf(credential: string): Promise<Watch['until']> {
  const principal = await directory.authenticate(credential);
  if (principal === undefined) return 'refused';
  return principal.isSuspended === true ? 'suspended' : 'allowed';
}

process.on('message', async ({ credential, until }: Watch) => {
  const first = await stateOf(credential);
  process.send?.({ kind: 'watching', first });
  while ((await stateOf(credential)) !== until) await new Promise((resolve) => setTimeout(resolve, 1));
  process.send?.({ kind: 'seen', at: performance.timeOrigin + performance.now() });
});
process.on('disconnect', () => process.exit());
process.send?.({ kind: 'ready' });
