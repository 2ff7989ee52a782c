import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCases } from '../../bench/receipt/cases.ts';
import { eventLogFile, readCases, readPublishedFacts } from '../../bench/receipt/event-log.ts';
import { checkPublishedFacts } from '../../bench/receipt/published.ts';
import { runReceipt } from '../../bench/receipt/receipt.ts';
import { createApiClient } from '../../bench/support/client.ts';
import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';
import { writeSyntheticEventLog } from '../support/event-log.ts';

const dataFolder = process.env.TIDEMARK_TEST_DATA ?? resolve(import.meta.dirname, '../../../shared/data');
const realLog = join(dataFolder, 'eventlog');
const hasRealLog = existsSync(join(realLog, eventLogFile));
const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
let pipeline: RunningPipeline;

beforeAll(async () => {
  pipeline = await startPipeline({});
  if (!hasRealLog) console.log('the real event log is not here: only the made-up one is compared');
});

afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the answers of the API', () => {
  test('for a made-up event log are the exact ones', async () => {
    writeSyntheticEventLog(folder);
    expect(await wrongAnswers(folder, 'MADEUP')).toEqual([]);
  });

  // A second log, not a skipped one: the first test makes the same comparisons whether this one exists or not.
  for (const log of hasRealLog ? [realLog] : []) {
    test('for the real event log are the exact ones, and the log is the published one', async () => {
      const published = readPublishedFacts(log);
      const misread = published === undefined ? [] : checkPublishedFacts(readCases(log), published);
      expect(misread.filter(({ isOk }) => !isOk)).toEqual([]);
      expect(await wrongAnswers(log, 'RECEIPT')).toEqual([]);
    });
  }
});

async function wrongAnswers(log: string, orgCode: string) {
  const api = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const cases = readCases(log);
  const checks = await runReceipt({ api, cases, orgCode });
  expect(checks.length).toBeGreaterThan(50);
  const caseChecks = await runCases({ api, cases, orgCode: `${orgCode}CASES` });
  expect(caseChecks.length).toBeGreaterThan(8);
  return [...checks, ...caseChecks].filter(({ isOk }) => !isOk);
}
