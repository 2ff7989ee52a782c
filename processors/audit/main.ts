import { createClickHouse } from '../../platform/clickhouse.ts';
import { readConfig } from '../../platform/config.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { describeStartError } from '../../platform/service.ts';
import { findClickHouse, findPostgres } from '../../platform/supervisor/endpoints.ts';
import { auditAndRepair, type RepairOptions } from './audit-and-repair.ts';
import { ArgumentError, readArguments, USAGE } from './read-arguments.ts';
import { renderReport } from './render-report.ts';
import { renderChains, verifyChains } from './verify-chains.ts';

// npm run audit: compares every rollup cell with its source, or verifies the audit log. Exit codes as USAGE says.
const requestTimeoutMs = 300_000;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof ArgumentError ? `\n${USAGE}` : '';
  process.stderr.write(`audit: ${describeStartError(error)}${usage}\n`);
  process.exitCode = 2;
}

async function run(args: readonly string[]): Promise<number> {
  const { json, chain, ...selection } = readArguments(args);
  return chain ? verify(json) : compare(json, selection);
}

async function verify(json: boolean): Promise<number> {
  const sql = createPostgres(findPostgres(readConfig(process.env)), { max: 1, applicationName: 'tidemark audit' });
  try {
    const report = await verifyChains(sql);
    process.stdout.write(`${json ? JSON.stringify(report, null, 2) : renderChains(report).join('\n')}\n`);
    return report.broken.length === 0 ? 0 : 1;
  } finally {
    await closePostgres(sql);
  }
}

async function compare(json: boolean, selection: RepairOptions): Promise<number> {
  const clickhouse = createClickHouse(findClickHouse(readConfig(process.env)), {
    application: 'tidemark audit',
    requestTimeoutMs,
  });
  const startedAt = performance.now();
  try {
    const result = await auditAndRepair(clickhouse, selection);
    const durationMs = Math.round(performance.now() - startedAt);
    const text = json
      ? JSON.stringify({ ...result, durationMs }, null, 2)
      : renderReport(result, durationMs).join('\n');
    process.stdout.write(`${text}\n`);
    return result.wrongCells === 0 ? 0 : 1;
  } finally {
    await clickhouse.close();
  }
}
