import type { Command } from 'commander';
import type { Static } from 'typebox';
import type { SessionSchema } from '../../schemas/api/sessions.ts';
import { wholeNumber } from '../arguments.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';

const maxLifetimeS = 86_400;

/** `token`: turns the key into a short-lived JWT. */
export function addTokenCommand(program: Command, io: Io): void {
  program
    .command('token')
    .description('turn the key into a short-lived JSON web token')
    .option('--tenant <tenant_id>', 'the tenant, where the key spans several')
    .option('--expires-in <seconds>', 'how long it is good', wholeNumber(1, maxLifetimeS))
    .action(async ({ tenant, expiresIn }: { tenant?: string; expiresIn?: number }, command: Command) => {
      const { client, show } = createContext(command, io);
      const body = {
        ...(tenant === undefined ? {} : { tenant_id: tenant }),
        ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
      };
      const session = await client.post<Static<typeof SessionSchema>>('/api/v1/auth/token', body);
      show(session, ({ access_token }) => `${access_token}\n`);
    });
}
