import { parseArgs } from 'node:util';
import { type ApiClient, createApiClient } from '../support/client.ts';
import { formatNumber } from '../support/table.ts';
import { sendHistory } from './history.ts';
import { runLive } from './live.ts';
import { DemoSetupError, findPipeline } from './pipeline.ts';
import { tenants } from './plan.ts';
import { curlLines, describeBadHours, describeMetrics } from './report.ts';
import { prepareTenant, type TenantAccess } from './setup.ts';
import { findBadHours, hourMs } from './workload.ts';

interface DemoOptions {
  seed: number;
  days: number;
  isOnce: boolean;
}

const defaultDays = 14;
const maxDays = 300;
const help = `usage: npm run demo -- [--seed <number>] [--days <1 to ${maxDays}>] [--once]
Feeds a sample workload to the running pipeline (or starts one), prints what came out, and goes on sending until Ctrl-C (--once: ends).`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.error(help);
    return 2;
  }
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  try {
    await runDemo(options, interruption.signal);
    return 0;
  } catch (error) {
    if (!(error instanceof DemoSetupError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  await using pipeline = await findPipeline((line) => console.log(`  ${line}`));
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const to = Date.now();
  const from = to - options.days * 24 * hourMs;
  const accesses = await fillTenants(admin, { seed: options.seed, from, to });
  await printAnswers(accesses, { seed: options.seed, from, to });
  console.log(`\nconsole and docs: ${pipeline.apiUrl}/  ${pipeline.apiUrl}/api  ${pipeline.apiUrl}/reference`);
  if (!options.isOnce && !signal.aborted) await runLive(accesses, { seed: options.seed, signal });
  console.log('');
}

async function fillTenants(
  admin: ApiClient,
  range: { seed: number; from: number; to: number },
): Promise<TenantAccess[]> {
  const accesses: TenantAccess[] = [];
  const startedAt = performance.now();
  let sent = 0;
  for (const tenant of tenants) {
    const access = await prepareTenant(admin, tenant);
    sent += await sendHistory({ access, ...range });
    accesses.push(access);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(`${formatNumber(sent)} events sent and queryable in ${seconds.toFixed(1)} s (seed ${range.seed})`);
  return accesses;
}

async function printAnswers(
  accesses: TenantAccess[],
  range: { seed: number; from: number; to: number },
): Promise<void> {
  const asked = { from: dateOf(range.from), to: dateOf(range.to) };
  console.log(`\nWhat the API says about ${asked.from} to ${asked.to}\n`);
  console.log(await describeMetrics(accesses, asked));
  console.log('\nHours in which fewer than 60 % of the cases ended in time\n');
  console.log(await describeBadHours({ accesses, range: asked, planted: findBadHours({ tenants, ...range }) }));
  console.log('\nGo on with\n');
  for (const access of accesses.slice(0, 1)) for (const line of curlLines(access, asked)) console.log(`  ${line}`);
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function readOptions(): DemoOptions | undefined {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      days: { type: 'string', default: String(defaultDays) },
      once: { type: 'boolean', default: false },
    },
  });
  const [seed, days] = [Number(values.seed), Number(values.days)];
  const isValid = Number.isSafeInteger(seed) && Number.isInteger(days) && days >= 1 && days <= maxDays;
  return isValid ? { seed, days, isOnce: values.once } : undefined;
}
