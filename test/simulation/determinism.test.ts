import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { statefulProcessors } from '../../processors/analytics/registry.ts';
import { type AnySource, measurementSources } from '../../processors/analytics/sources.ts';
import { encodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import { encodeLogBatch } from '../../schemas/telemetry/log-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { testAt } from '../support/event-batches.ts';
import { createLogBatch, createLogEvent } from '../support/telemetry-batches.ts';
import { compareOutputs, describeParts, type Outputs, takeOutputs } from './analytics-outputs.ts';
import { createStreamValue } from './analytics-workload.ts';
import { pointWorkload } from './point-workload.ts';
import { createRandom, type Random } from './random.ts';
import { speakingProcessor } from './speaking-processor.ts';
import { tenantsOf } from './workload.ts';

const processors = [...statefulProcessors, speakingProcessor];
const minute = 60_000;
const partitions = 3;
const recordsAPartition = 60;
/** Minutes, and now and then hours or days, from one record to the next. */
const steps = [1, 1, 1, 1, 1, 2, 5, 30, 90, 1_600];
const numRuns = 40;
const timeoutMs = 300_000;

/** One partition of one topic. */
interface Part {
  source: AnySource;
  partition: number;
  values: Uint8Array[];
}

function createLog(random: Random): Part[] {
  return measurementSources.flatMap((source) =>
    Array.from({ length: partitions }, (_, partition) => ({
      source,
      partition,
      values: createValues(random, source, partition),
    })),
  );
}

function createValues(random: Random, { topic }: AnySource, partition: number): Uint8Array[] {
  let number = 0;
  return Array.from({ length: recordsAPartition }, () => {
    number += random.pick(steps);
    if (topic === TOPICS.events) return createStreamValue(random, partition, number);
    const at = testAt + number * minute;
    if (random.isHit(0.15)) return encodeControlRecord({ at, tenant: '', settings: null });
    return topic === TOPICS.metrics
      ? pointWorkload.createValue(random, partition, number)
      : createLogs(random, { at, partition });
  });
}

function createLogs(random: Random, { at, partition }: { at: number; partition: number }): Uint8Array {
  const logs = Array.from({ length: random.between(1, 6) }, () =>
    createLogEvent({ level: random.pick(['info', 'error']), at: at - random.between(0, 90_000) }),
  );
  return encodeLogBatch(createLogBatch(logs, { tenant: random.pick(tenantsOf(partition)), receivedAt: at }));
}

/** A partition while some process carries it: what follows from its log up to `next`, and its last snapshot. */
interface Carried extends Part {
  fold: PartitionFold;
  next: number;
  saved: { next: number; parts: Map<string, ReturnType<PartitionFold['takeChanges']>[number]> };
}

const carry = (part: Part): Carried => ({
  ...part,
  fold: createFold(part),
  next: 0,
  saved: { next: 0, parts: new Map() },
});
const createFold = ({ source, partition }: Part): PartitionFold => new PartitionFold(partition, processors, source);

function foldNext(carried: Carried): void {
  const batch = carried.source.decode(carried.values[carried.next] ?? new Uint8Array(0));
  if (typeof batch !== 'string') carried.fold.onBatch({ offset: carried.next, batch });
  carried.next += 1;
}

function save(carried: Carried, outputs: Outputs): void {
  const { fold, partition, next, saved } = carried;
  takeOutputs(fold, partition, outputs);
  for (const part of fold.takeChanges()) saved.parts.set(`${part.section}/${part.bucket}`, part);
  saved.next = next;
}

/** Another process takes the partition over where its last snapshot ends. */
function restart(carried: Carried): void {
  carried.fold = createFold(carried);
  for (const part of carried.saved.parts.values()) if (part.body.length > 0) carried.fold.restore(part);
  carried.next = carried.saved.next;
}

function end(all: readonly Carried[], outputs: Outputs): Outputs {
  for (const carried of all) {
    save(carried, outputs);
    const { source, partition, saved } = carried;
    for (const [name, body] of describeParts(partition, [...saved.parts.values()]))
      outputs.parts.set(`${source.topic} ${name}`, body);
  }
  return outputs;
}

const createOutputs = (): Outputs => ({ rows: new Set(), signals: new Set(), events: new Set(), parts: new Map() });

/** Each partition by itself, without a break. */
function foldInOrder(log: readonly Part[]): Outputs {
  const all = log.map(carry);
  for (const carried of all) while (carried.next < carried.values.length) foldNext(carried);
  return end(all, createOutputs());
}

function foldSome(carried: Carried, random: Random, outputs: Outputs): void {
  const until = Math.min(carried.next + random.pick([1, 3, 20]), carried.values.length);
  while (carried.next < until) foldNext(carried);
  if (random.isHit(0.2)) takeOutputs(carried.fold, carried.partition, outputs);
  if (random.isHit(0.2)) save(carried, outputs);
  if (random.isHit(0.1)) restart(carried);
}

/** All partitions in one process or three, some records of one and some of another, saved, told of and taken over at any time. */
function foldAnyhow(log: readonly Part[], random: Random, processes: number): Outputs {
  const outputs = createOutputs();
  const all = log.map(carry);
  for (let owner = 0; owner < processes; owner++) {
    const own = all.filter(({ partition }) => partition % processes === owner);
    const isOpen = ({ next, values }: Carried) => next < values.length;
    for (let open = own; open.length > 0; open = own.filter(isOpen)) foldSome(random.pick(open), random, outputs);
  }
  return end(all, outputs);
}

it(
  'the same log gives the same rows, signals, derived events and snapshots, byte by byte, in any batching, with one process or three, across restarts',
  () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 3), (seed, processes) => {
        const random = createRandom(seed);
        const log = createLog(random);
        expect(compareOutputs(foldInOrder(log), foldAnyhow(log, random, processes))).toEqual([]);
      }),
      { numRuns },
    );
  },
  timeoutMs,
);

it('every registered processor has something to say of such a log', () => {
  const { rows, parts } = foldInOrder(createLog(createRandom(1)));
  for (const { name, version, table } of processors) {
    expect(
      [...rows].some((row) => row.startsWith(`${table} `)),
      `rows of ${name}`,
    ).toBe(true);
    expect(
      [...parts.keys()].some((part) => part.includes(` ${name}@${version} `)),
      `state of ${name}`,
    ).toBe(true);
  }
});
