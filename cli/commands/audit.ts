import { type Command, Option } from 'commander';
import type { AuditEntry, AuditList } from '../../schemas/api/audit.ts';
import { wholeNumber } from '../arguments.ts';
import type { Io } from '../io.ts';
import { createContext } from '../settings.ts';
import { type Column, renderTable } from '../table.ts';

interface AuditOptions {
  org?: string;
  from?: string;
  to?: string;
  actor?: string;
  action?: string;
  object?: string;
  result?: string;
  limit: number;
}

const pageSize = 100;
const defaultRows = 50;
const maxRows = 10_000;

/** `audit`: who did what, newest first. */
export function addAuditCommand(program: Command, io: Io): void {
  program
    .command('audit')
    .description('show who did what, newest first (admin)')
    .option('--org <code>', 'only what concerns this organization')
    .option('--from <instant>', 'start: a date or a date-time')
    .option('--to <instant>', 'end: a date (inclusive) or a date-time (exclusive)')
    .option('--actor <id>', 'id of a credential or user')
    .option('--action <action>', 'such as key.revoke')
    .option('--object <id>', 'id of what it was done to')
    .addOption(new Option('--result <result>', 'how it ended').choices(['ok', 'refused', 'failed']))
    .option('--limit <n>', 'rows at most', wholeNumber(1, maxRows), defaultRows)
    .action(async (options: AuditOptions, command: Command) => {
      const { client, show } = createContext(command, io);
      const { org, from, to, actor, action, object, result, limit } = options;
      const entries: AuditEntry[] = [];
      let pageToken: string | undefined;
      do {
        const query = { orgCode: org, from, to, actor, action, object, result, pageToken };
        const page = Math.min(pageSize, limit - entries.length);
        const { data, meta } = await client.get<AuditList>('/api/v1/audit', { ...query, limit: page });
        entries.push(...data);
        pageToken = meta.nextPageToken ?? undefined;
      } while (pageToken !== undefined && entries.length < limit);
      show({ data: entries }, ({ data }) => renderTable(columns, data));
    });
}

const columns: Column<AuditEntry>[] = [
  { title: 'AT', value: ({ at }) => at },
  { title: 'WHO', value: ({ userId, credentialId }) => userId ?? credentialId },
  { title: 'ACTION', value: ({ action }) => action },
  { title: 'OBJECT', value: ({ objectType, objectId }) => `${objectType} ${objectId}`.trim() },
  { title: 'RESULT', value: ({ result, code }) => (code === null ? result : `${result} (${code})`) },
  { title: 'REQUEST', value: ({ requestId }) => requestId },
];
