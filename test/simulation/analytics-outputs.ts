import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { eventSource } from '../../processors/analytics/sources.ts';
import type { AnyStatefulProcessor } from '../../processors/analytics/stateful-processor.ts';
import type { TableBlock } from '../../processors/fold.ts';
import type { SnapshotPart } from '../../processors/snapshots/snapshot-store.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { decodeSignalBatch } from '../../schemas/signals/signal-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { readNativeBlock } from '../support/native-reader.ts';
import type { Appended } from './workload.ts';

/** All that stateful processors say and keep, as texts that are equal when it is. */
export interface Outputs {
  rows: Set<string>;
  signals: Set<string>;
  /** Derived events. */
  events: Set<string>;
  /** By name. */
  parts: Map<string, string>;
}

/** Rows of all tables, each told apart by all it says. */
export function describeRows(blocks: readonly TableBlock[]): Set<string> {
  return new Set(
    blocks.flatMap(({ table, body }) =>
      readNativeBlock(body).map((row) => `${table} ${JSON.stringify(Object.values(row))}`),
    ),
  );
}

/** Parts by name, as text. */
export function describeParts(partition: number, parts: readonly SnapshotPart[]): [name: string, body: string][] {
  return parts
    .filter(({ body }) => body.length > 0)
    .map(({ section, bucket, body }) => [`${partition} ${section} ${bucket}`, Buffer.from(body).toString('base64')]);
}

/** The signals of records, each told apart by all it says. */
export function describeSignals(values: readonly Uint8Array[]): string[] {
  return values.flatMap((value) => {
    const batch = decodeSignalBatch(value);
    if (typeof batch === 'string') throw new Error(`a record of signals cannot be read: ${batch}`);
    return batch.signals.map((signal) => `${batch.tenant} ${JSON.stringify(signal)}`);
  });
}

/** The events of records, each told apart by all it says; what holds none says nothing. */
export function describeEvents(partition: number, values: readonly Uint8Array[]): string[] {
  return values.flatMap((value) => {
    const batch = decodeEventBatch(value);
    if (typeof batch === 'string') return [];
    const { tenant, receivedAt, retentionDays, clientIds } = batch;
    const envelope = JSON.stringify({ partition, tenant, receivedAt, retentionDays, clientIds });
    return batch.events.map((event) => `${envelope} ${JSON.stringify(event)}`);
  });
}

/** What the log makes when nothing ever goes wrong: one fold a partition, without a break. */
export function foldUndisturbed(log: readonly Appended[], processors: readonly AnyStatefulProcessor[]): Outputs {
  const outputs: Outputs = { rows: new Set(), signals: new Set(), events: new Set(), parts: new Map() };
  for (const [partition, records] of Map.groupBy(log, (record) => record.partition)) {
    const fold = new PartitionFold(partition, processors);
    for (const { offset, value } of records.toSorted((a, b) => a.offset - b.offset)) {
      const batch = eventSource.decode(value);
      if (typeof batch !== 'string') fold.onBatch({ offset, batch });
    }
    takeOutputs(fold, partition, outputs);
    for (const [name, body] of describeParts(partition, fold.takeChanges())) outputs.parts.set(name, body);
  }
  return outputs;
}

/** Adds what the fold has made since the last call, but for its state. */
export function takeOutputs(fold: PartitionFold, partition: number, outputs: Omit<Outputs, 'parts'>): void {
  for (const row of describeRows(fold.takeBlocks())) outputs.rows.add(row);
  for (const { topic, values } of fold.takeRecords()) {
    const isSignals = topic === TOPICS.signals;
    const said = isSignals ? describeSignals(values) : describeEvents(partition, values);
    for (const one of said) (isSignals ? outputs.signals : outputs.events).add(one);
  }
}

/** What differs, as sentences. */
export function compareOutputs(expected: Outputs, found: Outputs): string[] {
  return [
    ...compareSets('row', expected.rows, found.rows),
    ...compareSets('signal', expected.signals, found.signals),
    ...compareSets('event', expected.events, found.events),
    ...[...new Set([...expected.parts.keys(), ...found.parts.keys()])]
      .filter((name) => expected.parts.get(name) !== found.parts.get(name))
      .map((name) => `state differs: ${name}`),
  ];
}

function compareSets(name: string, expected: ReadonlySet<string>, found: ReadonlySet<string>): string[] {
  return [
    ...[...expected].filter((one) => !found.has(one)).map((one) => `missing ${name}: ${one}`),
    ...[...found].filter((one) => !expected.has(one)).map((one) => `never made ${name}: ${one}`),
  ];
}
