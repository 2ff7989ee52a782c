import { Ajv } from 'ajv';
import { acceptEvents, type SlaDefinition } from '../../ingest/accept-events.ts';
import { createCardinalityGuard } from '../../ingest/cardinality.ts';
import { createEventIdSource } from '../../ingest/event-ids.ts';
import { metricId } from '../../platform/tenancy/tenancy.ts';
import { type IncomingBatch, IncomingBatchSchema } from '../../schemas/api/events.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { createBatchRequest } from './batch-request.ts';
import { capabilities, metricTypes, slaTargets } from './world.ts';

/** CPU time of each step, microseconds an event. */
export interface FloorResult {
  parseUs: number;
  validateUs: number;
  mapUs: number;
  encodeUs: number;
  totalUs: number;
  /** Bytes an event: of the JSON body, and of the Avro record. */
  jsonBytes: number;
  avroBytes: number;
}

// The floor's process: the least that has to be done with the bytes of a batch, in one loop, nothing else running in it.
const orgCode = 'BENCH';
const batchEvents = 1_000;
const distinctBatches = 16;
const warmUpRounds = 6;
const measuredRounds = Number(process.argv[2] ?? 40);

const ajv = new Ajv({ strict: false });
const isValid = ajv.compile<IncomingBatch>(IncomingBatchSchema);
const catalog = createCatalog();
const guard = createCardinalityGuard<SlaDefinition>();
const idSource = createEventIdSource();

process.send?.(measureFloor());
process.disconnect();

function measureFloor(): FloorResult {
  const texts = createTexts();
  for (let round = 0; round < warmUpRounds; round++) runRound(texts);
  const cpuBefore = process.cpuUsage();
  let avroBytes = 0;
  for (let round = 0; round < measuredRounds; round++) avroBytes = runRound(texts);
  const cpu = process.cpuUsage(cpuBefore);
  const events = measuredRounds * texts.length * batchEvents;
  return {
    ...measureSteps(texts),
    totalUs: (cpu.user + cpu.system) / events,
    jsonBytes: texts.reduce((sum, text) => sum + text.length, 0) / (texts.length * batchEvents),
    avroBytes: avroBytes / (texts.length * batchEvents),
  };
}

function runRound(texts: readonly Buffer[]): number {
  let bytes = 0;
  for (const text of texts) bytes += encodeEventBatch(mapBatch(parseValid(text))).length;
  return bytes;
}

// The steps apart, on what the step before made of the same bytes: their sum is near the total, not equal to it.
function measureSteps(texts: readonly Buffer[]) {
  const values = texts.map((text) => JSON.parse(text.toString('latin1')) as IncomingBatch);
  const batches = values.map(mapBatch);
  return {
    parseUs: timeStep(texts, (text) => JSON.parse(text.toString('latin1'))),
    validateUs: timeStep(values, (value) => isValid(value)),
    mapUs: timeStep(values, mapBatch),
    encodeUs: timeStep(batches, encodeEventBatch),
  };
}

function timeStep<Input>(inputs: readonly Input[], step: (input: Input) => unknown): number {
  for (let round = 0; round < warmUpRounds; round++) for (const input of inputs) step(input);
  const cpuBefore = process.cpuUsage();
  for (let round = 0; round < measuredRounds; round++) for (const input of inputs) step(input);
  const cpu = process.cpuUsage(cpuBefore);
  return (cpu.user + cpu.system) / (measuredRounds * inputs.length * batchEvents);
}

function parseValid(text: Buffer): IncomingBatch {
  const value: unknown = JSON.parse(text.toString('latin1'));
  if (!isValid(value)) throw new Error(`the load is not valid: ${ajv.errorsText(isValid.errors)}`);
  return value;
}

function mapBatch({ events }: IncomingBatch) {
  const receivedAt = Date.now();
  const result = acceptEvents(events, {
    tenant: { id: 'org_bench', dataRetentionDays: 365 },
    orgCodes: new Set([orgCode]),
    catalog,
    series: guard.table('org_bench'),
    receivedAt,
    ids: idSource.fresh(receivedAt),
  });
  if ('issues' in result) throw new Error(`the load is not accepted: ${JSON.stringify(result.issues[0])}`);
  return result.batch;
}

function createTexts(): Buffer[] {
  return Array.from({ length: distinctBatches }, (_, seed) => {
    const request = createBatchRequest({
      host: '',
      key: '',
      orgCode,
      eventCount: batchEvents,
      spreadDays: 0,
      seed: seed + 1,
    });
    request.renew(Date.now());
    return request.bytes.subarray(request.bodyStart);
  });
}

function createCatalog() {
  const series = capabilities.flatMap((capability) => metricTypes.map((metricType) => ({ capability, metricType })));
  const metrics = series.map(({ capability, metricType }) => {
    const id = metricId(capability, metricType);
    const definition = { id, capability, metricType, displayName: metricType, unit: 'hours' };
    return [id, { ...definition, slaDimension: 'urgency', slaTargets }] as const;
  });
  return { capabilities: new Set(capabilities), metrics: new Map(metrics) };
}
