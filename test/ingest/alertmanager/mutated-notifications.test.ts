import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acceptAlerts } from '../../../ingest/alertmanager/accept-alerts.ts';
import { anomalyId } from '../../../ingest/alertmanager/anomaly-id.ts';
import { fingerprintOf } from '../../../ingest/alertmanager/fingerprint.ts';
import { ApiError } from '../../../platform/errors.ts';
import { parseJson } from '../../../platform/http/body-parser.ts';
import { isPossibleAlertBatch } from '../../../schemas/telemetry/possible-batches.ts';
import { telemetryEnvelope } from '../../support/telemetry-batches.ts';

/** MUTATED_NOTIFICATIONS=100000 is the full count. */
const RUNS = Number(process.env.MUTATED_NOTIFICATIONS ?? 20_000);
const MAX_MS = 100;
const samples = ['alertmanager-0.25', 'grafana'].map((name) =>
  readFileSync(join(import.meta.dirname, `../../data/alerts/${name}.json`)),
);
const context = {
  receivedAt: 1_773_829_800_000,
  anomalyId: (fingerprint: string, startsAt: number) => anomalyId('org_acme', fingerprint, startsAt),
  mutedBy: () => undefined,
};

// Numerical Recipes' generator: the same mutations in every run.
let state = 1;
const below = (limit: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const tokens = ['null', '[]', '{}', '""', '-1e999', '"\\u0000"', 'true', ',', '}', '"0001-01-01T00:00:00Z"'].map(
  (text) => Buffer.from(text),
);

function mutate(sample: Buffer): Buffer {
  const from = below(sample.length);
  const to = Math.min(sample.length, from + below(8));
  const between = below(2) === 0 ? Buffer.from([below(128)]) : (tokens[below(tokens.length)] as Buffer);
  return Buffer.concat([sample.subarray(0, from), between, sample.subarray(to)]);
}

it('what Alertmanager 0.25 and Grafana post is read in full', () => {
  const found = samples.map((sample) => acceptAlerts(parseJson(sample), context).alerts);
  const shown = found.map((alerts) => alerts.map((one) => [one.service, one.status, one.score, one.truncated]));
  expect(shown).toEqual([
    Array.from({ length: 2 }, () => ['payment-api', 'firing', 0.93, 1]),
    [
      ['search', 'firing', 0.72, 0],
      ['search', 'resolved', 0.6, 0],
    ],
  ]);
  // The fingerprint Alertmanager sends is the one that is computed where there is none.
  for (const alert of found[0] ?? []) expect(fingerprintOf(alert.labels)).toBe(alert.fingerprint);
});

/** Alerts in the body, and the milliseconds that took. */
function read(bytes: Buffer): { taken: number; tookMs: number } {
  const startedAt = performance.now();
  let taken = 0;
  try {
    const { alerts } = acceptAlerts(parseJson(bytes), context);
    if (!isPossibleAlertBatch({ ...telemetryEnvelope, alerts })) throw new Error(`impossible: ${bytes}`);
    taken = alerts.length;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  return { taken, tookMs: performance.now() - startedAt };
}

it(`${RUNS} mutated notifications are taken or refused, none crashes or takes ${MAX_MS} ms`, () => {
  let total = 0;
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutate(samples[run % samples.length] as Buffer);
    const { taken, tookMs } = read(bytes);
    total += taken;
    // A busy machine makes any body slow once; a slow body is slow again.
    if (tookMs >= MAX_MS) expect(Math.min(...Array.from({ length: 5 }, () => read(bytes).tookMs))).toBeLessThan(MAX_MS);
  }
  expect(total).toBeGreaterThan(RUNS / 10);
}, 120_000);
