import { type Command, Option } from 'commander';
import type { CreatedKey, Key, KeyList, RevokedKey } from '../../schemas/api/keys.ts';
import { pathPart } from '../arguments.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';
import { printable, renderTable } from '../table.ts';

interface NewKeyOptions {
  name: string;
  scope: string;
  org?: string;
}

/** `key create`, `key list`, `key revoke`: for admins. */
export function addKeyCommands(program: Command, io: Io): void {
  const key = program.command('key').description('create, list and revoke API keys (admin)');
  key
    .command('create')
    .description('create a key; it is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(
      new Option('--scope <scope>', 'what it may do').choices(['Admin', 'Query', 'Ingest']).makeOptionMandatory(),
    )
    .option('--org <code>', 'bind it to this organization')
    .action(async ({ name, scope, org }: NewKeyOptions, command: Command) => {
      const { client, io: streams, show, isJson } = createContext(command, io);
      const body = { name, scope, ...(org === undefined ? {} : { orgCode: org }) };
      const created = await client.post<CreatedKey>('/api/v1/keys', body);
      show(created, (made) => `${made.key}\n`);
      if (!isJson) streams.err(`created ${created.id}; the key is not shown again\n`);
    });
  key
    .command('list')
    .description('list the keys in force')
    .action(async (_options: object, command: Command) => {
      const { client, show } = createContext(command, io);
      show(await client.get<KeyList>('/api/v1/keys'), ({ data }) => renderTable(columns, data));
    });
  key
    .command('revoke')
    .description('revoke a key: refused everywhere within a second')
    .argument('<keyId>', 'such as key_m3kL9xPq')
    .action(async (keyId: string, _options: object, command: Command) => {
      const { client, show } = createContext(command, io);
      const revoked = await client.delete<RevokedKey>(`/api/v1/keys/${pathPart(keyId)}`);
      show(revoked, ({ id, revokedAt }) => `revoked ${printable(id)} at ${revokedAt}\n`);
    });
}

const columns = [
  { title: 'ID', value: (key: Key) => key.id },
  { title: 'NAME', value: (key: Key) => key.name },
  { title: 'SCOPE', value: (key: Key) => key.scope },
  { title: 'PREFIX', value: (key: Key) => key.prefix },
  { title: 'CREATED', value: (key: Key) => key.createdAt },
  { title: 'LAST USED', value: (key: Key) => key.lastUsedAt },
];
