import { createEmbeddedLog } from '../../../platform/log-store/embedded-client.ts';
import { startAnalytics } from '../../support/analytics.ts';
import { readBatches } from '../../support/ingest-app.ts';
import { startIngestStack } from '../../support/ingest-stack.ts';
import { compareWithLog, startClients } from '../ingest-clients.ts';
import type { Outcome } from '../outcome.ts';
import { compareBooks, waitUntilStored } from '../pipeline-books.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { createProcessorsStarter, killAgainAndAgain, processorsEnv } from './world.ts';

const maxLifeMs = 400;
const drainWithinMs = 120_000;

/** Clients send while ingest is killed under them; then their acknowledgements are compared with the log and with what is stored. */
export const killIngest: Scenario = {
  name: 'kill-ingest',
  fault: 'kill -9 ingest',
  rounds: 200,
  run: runKillIngest,
};

async function runKillIngest({ rounds, report }: ScenarioRun): Promise<Outcome> {
  await using parts = new AsyncDisposableStack();
  const ingest = await startIngestStack();
  parts.defer(() => ingest.stop());
  const analytics = await startAnalytics();
  parts.defer(() => analytics.stop());
  const log = await createEmbeddedLog({ url: ingest.logUrl });
  parts.defer(() => log.close());
  const env = processorsEnv({ clickhouseUrl: analytics.writerUrl, logUrl: ingest.logUrl });
  await parts.use(createProcessorsStarter(env)).start();
  const clients = startClients(ingest);
  const last = await killAgainAndAgain({ rounds, maxLifeMs, start: ingest.startIngest, report });
  try {
    await clients.stop();
  } finally {
    await last.stop();
  }
  await waitUntilStored(log, drainWithinMs);
  const books = await compareBooks(analytics.clickhouse, clients.acknowledged());
  const { repeats, violations } = compareWithLog(clients.sent, await readBatches(log));
  const requests = [...clients.sent.values()];
  const unknownOutcomes = requests.reduce((sum, request) => sum + request.unknownOutcomes, 0);
  return {
    figures: { ...books, unknownOutcomes, repeatedRecords: repeats },
    violations: requests.length > rounds ? violations : [...violations, 'hardly anything was sent'],
  };
}
