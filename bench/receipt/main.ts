import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from '../support/client.ts';
import { openPipeline } from '../support/running-pipeline.ts';
import { type Cell, formatNumber, formatTable } from '../support/table.ts';
import { runCases } from './cases.ts';
import type { Check } from './checks.ts';
import { eventLogFile, readCases, readPublishedFacts } from './event-log.ts';
import { checkPublishedFacts } from './published.ts';
import { runReceipt } from './receipt.ts';

process.exitCode = await main(process.argv[2]);

/** Resolves to the exit code: 0 when every answer is the exact one, 1 when any differs, 2 when there is nothing to compare. */
async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined) return complain('usage: npm run bench:receipt -- <folder with receipt.csv.gz>');
  if (!existsSync(join(folder, eventLogFile))) return complain(`no ${eventLogFile} in ${folder}: nothing was compared`);
  const cases = readCases(folder);
  const published = readPublishedFacts(folder);
  const fileChecks = published === undefined ? [] : checkPublishedFacts(cases, published);
  await using pipeline = await openPipeline();
  const api = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const orgCode = `RECEIPT${Date.now().toString(36).toUpperCase()}`;
  const onProgress = (line: string) => console.log(line);
  const apiChecks = await runReceipt({ api, cases, orgCode, onProgress });
  const caseChecks = await runCases({ api, cases, orgCode: `${orgCode}CASES`, onProgress });
  return report([...fileChecks, ...apiChecks, ...caseChecks]);
}

function report(checks: readonly Check[]): number {
  const rows = checks.map(({ name, got, exact, verdict }) => [name, exactText(got), exactText(exact), verdict]);
  console.log(formatTable(['check', 'got', 'exact', 'verdict'], rows));
  const failed = checks.filter(({ isOk }) => !isOk);
  console.log(`\n${checks.length - failed.length} of ${formatNumber(checks.length)} checks hold`);
  for (const { name, verdict } of failed) console.log(`  differs: ${name}: ${verdict}`);
  return failed.length === 0 ? 0 : 1;
}

function exactText(cell: Cell): string {
  return String(cell);
}

function complain(line: string): number {
  console.error(line);
  return 2;
}
