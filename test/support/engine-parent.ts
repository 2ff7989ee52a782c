import { startClickHouse } from '../../platform/embedded/clickhouse-server.ts';
import { startPostgres } from '../../platform/embedded/postgres-server.ts';
import { createLog } from '../../platform/log.ts';

// A parent that starts one engine, says `<pid> <url>` and stays: for tests that kill it. Arguments: clickhouse or postgres, data directory.
const [kind = '', dataDir = ''] = process.argv.slice(2);
const log = createLog(kind, 'silent');
const { pid, url } = await (kind === 'clickhouse'
  ? startClickHouse({ dataDir, log })
  : startPostgres({ dataDir, log }));
process.stdout.write(`${pid} ${url}\n`);
