import { Ajv } from 'ajv';
import { createCardinalityGuard } from '../../ingest/cardinality.ts';
import { acceptLogs } from '../../ingest/telemetry/accept-logs.ts';
import { acceptPoints } from '../../ingest/telemetry/accept-points.ts';
import { freshIds } from '../../ingest/telemetry/batch-ids.ts';
import { TELEMETRY_ROUTES } from '../../schemas/api/telemetry.ts';
import { encodeLogBatch } from '../../schemas/telemetry/log-batch-codec.ts';
import { encodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { type TelemetryLoadKind, telemetryBody } from './telemetry-request.ts';

// The floor's process: the least that has to be done with the bytes of a batch, in one loop, nothing else running in it.
const kind = process.argv[2] as TelemetryLoadKind;
const batchItems = 1_000;
const warmUpRounds = 100;
const measuredRounds = 400;
const ajv = new Ajv({ strict: false });
const isValid = ajv.compile(TELEMETRY_ROUTES[kind].batch.body);
const table = createCardinalityGuard<unknown>().table('org_bench');
const text = Buffer.from(telemetryBody(kind, batchItems));

run(warmUpRounds);
const before = process.cpuUsage();
run(measuredRounds);
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuUs: (user + system) / (measuredRounds * batchItems), jsonBytes: text.length / batchItems });
process.disconnect();

function run(rounds: number): void {
  for (let round = 0; round < rounds; round++) encode(JSON.parse(text.toString('latin1')));
}

function encode(items: never[]): Uint8Array {
  if (!isValid(items)) throw new Error('the batch of the floor is not valid');
  const ids = freshIds();
  const receivedAt = Date.now();
  const context = { receivedAt, retentionDays: 365, ids };
  const head = { tenant: 'org_bench', id: ids.batch, isRepeatable: false, receivedAt, retentionDays: 365 };
  const accepted = kind === 'logs' ? acceptLogs(items, context) : acceptPoints(items, { ...context, table });
  if ('issues' in accepted) throw new Error('the batch of the floor is not accepted');
  return kind === 'logs'
    ? encodeLogBatch({ ...head, logs: accepted.items as never })
    : encodeMetricBatch({ ...head, series: accepted.items as never });
}
