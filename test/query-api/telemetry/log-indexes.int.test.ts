import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadQuery } from '../../../query-api/queries.ts';
import { read } from '../../../query-api/store.ts';
import { acme, globex, type QueryStack, startQueryStack, testNow } from '../../support/query-stack.ts';

/** Rows of one index mark; the logs of one tenant fill twenty of them. */
const granule = 8_192;
const rows = 20 * granule;
let stack: QueryStack;

beforeAll(async () => {
  stack = await startQueryStack();
  await stack.writer.command(
    `INSERT INTO logs (tenant, service, level, at, message, trace_id, log_id, received_at, expires_at, log_partition, log_offset)
    SELECT tenant, 'checkout', 'info', toDateTime64({at:Int64} - number, 3, 'UTC'),
      if(number = {place:UInt64}, 'Payment REFUSED by bank', concat('all is well with order ', toString(number % 97))),
      if(number = {place:UInt64}, 'trace-rare', concat('trace-', toString(number))), toString(number), now64(3), now() + INTERVAL 1 YEAR, 0, number
    FROM numbers({rows:UInt64}) ARRAY JOIN {tenants:Array(String)} AS tenant`,
    { at: Math.floor(testNow / 1_000) - 1, place: 5 * granule, rows, tenants: [acme.id, globex.id] },
  );
  await stack.writer.command('OPTIMIZE TABLE logs FINAL');
});
afterAll(() => stack.close());

const filters = { service: '', level: '', trace: '', words: [] as string[] };

/** What each index leaves of the granules it was asked about, `1/20`, by its name. */
async function granulesLeft(filter: Partial<typeof filters>): Promise<Record<string, string>> {
  const position = { afterPartition: 0, afterOffset: 0, afterIndex: 0, limit: 101 };
  const range = { from: new Date(testNow - 365 * 86_400_000), until: new Date(testNow) };
  const lines = await read<{ explain: string }>(stack.reader, {
    query: `EXPLAIN indexes = 1 ${loadQuery('logs')}`,
    params: { tenants: [acme.id], ...filters, ...filter, ...position, ...range },
  });
  const plan = lines.map(({ explain }) => explain).join('\n');
  const asked = plan.matchAll(/(PrimaryKey|Name: (?<name>\w+)).*?Granules: (?<left>\d+\/\d+)/gs);
  return Object.fromEntries([...asked].map(({ groups }) => [groups?.name ?? 'key', groups?.left ?? '']));
}

it.each([
  ['a word', { words: ['refused'] }, { key: '20/40', message_text: '1/20' }],
  ['several words', { words: ['bank', 'refused'] }, { key: '20/40', message_text: '1/20' }],
  // One filter stands for four granules.
  ['a trace', { trace: 'trace-rare' }, { key: '20/40', trace_id_bloom: '4/20' }],
])('a search for %s reads what its index says, of the logs of its tenant', async (_what, filter, left) => {
  expect(await granulesLeft(filter)).toEqual(left);
});

it('a word that occurs nowhere is read nowhere', async () => {
  expect(await granulesLeft({ words: ['nowhere'] })).toMatchObject({ message_text: '0/20' });
});
