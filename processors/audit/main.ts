import { createClickHouse } from '../../platform/clickhouse.ts';
import { readConfig } from '../../platform/config.ts';
import { describeStartError } from '../../platform/service.ts';
import { findClickHouse } from '../../platform/supervisor/endpoints.ts';
import { auditAndRepair } from './audit-and-repair.ts';
import { ArgumentError, readArguments, USAGE } from './read-arguments.ts';
import { renderReport } from './render-report.ts';

// npm run audit: compares every rollup cell with its source. Exit codes as USAGE says.
const requestTimeoutMs = 300_000;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof ArgumentError ? `\n${USAGE}` : '';
  process.stderr.write(`audit: ${describeStartError(error)}${usage}\n`);
  process.exitCode = 2;
}

async function run(args: readonly string[]): Promise<number> {
  const { json, ...selection } = readArguments(args);
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
