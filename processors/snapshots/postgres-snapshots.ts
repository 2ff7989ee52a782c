import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Sql, SqlRunner } from '../../platform/postgres.ts';
import { createRowDecoder, encodeRows } from './copy-rows.ts';
import {
  type Claim,
  type Ownership,
  SnapshotLostError,
  type SnapshotPart,
  type SnapshotPlace,
  type SnapshotStore,
  type TakenOver,
} from './snapshot-store.ts';

interface Head {
  lineage: string;
  epoch: number;
  offset: number | null;
}

/** Snapshots as rows of PostgreSQL. The row of the partition is locked while it is taken over or saved, so the two never mix. */
export function createPostgresSnapshots(sql: Sql): SnapshotStore {
  return {
    takeOver: (claim, onPart) => sql.begin((tx) => takeOver(tx, claim, onPart)),
    save: (ownership, offset, parts) => sql.begin((tx) => save(tx, { ownership, offset, parts })).then(() => undefined),
  };
}

async function takeOver(tx: SqlRunner, claim: Claim, onPart: (part: SnapshotPart) => void): Promise<TakenOver> {
  const { group, topic, partition, epoch, freshLineage } = claim;
  const { lineage, ...head } = await lockHead(tx, claim);
  const isOurs = lineage === claim.lineage;
  if (isOurs && head.epoch > epoch) {
    throw new SnapshotLostError(`${topic}/${partition} was taken over under epoch ${head.epoch}, after ${epoch}`);
  }
  const ownership = { group, topic, partition, epoch, lineage: isOurs ? lineage : freshLineage };
  if (!isOurs) await dropParts(tx, claim);
  await tx`
    UPDATE processor_snapshots SET epoch = ${epoch}, lineage = ${ownership.lineage},
      log_offset = CASE WHEN ${isOurs} THEN log_offset END
    WHERE consumer_group = ${group} AND topic = ${topic} AND partition = ${partition}`;
  if (!isOurs || head.offset === null) return { ownership, offset: undefined };
  await readParts(tx, claim, onPart);
  return { ownership, offset: head.offset };
}

async function lockHead(tx: SqlRunner, { group, topic, partition, epoch, freshLineage }: Claim): Promise<Head> {
  await tx`
    INSERT INTO processor_snapshots (consumer_group, topic, partition, lineage, epoch)
    VALUES (${group}, ${topic}, ${partition}, ${freshLineage}, ${epoch}) ON CONFLICT DO NOTHING`;
  const [head] = await tx<Head[]>`
    SELECT lineage, epoch::float8 AS epoch, log_offset::float8 AS offset FROM processor_snapshots
    WHERE consumer_group = ${group} AND topic = ${topic} AND partition = ${partition} FOR UPDATE`;
  if (head === undefined) throw new Error('the row of a snapshot vanished while it was taken over');
  return head;
}

async function dropParts(tx: SqlRunner, { group, topic, partition }: SnapshotPlace): Promise<void> {
  await tx`
    DELETE FROM processor_snapshot_parts
    WHERE consumer_group = ${group} AND topic = ${topic} AND partition = ${partition}`;
}

async function readParts(
  tx: SqlRunner,
  { group, topic, partition }: SnapshotPlace,
  onPart: (part: SnapshotPart) => void,
): Promise<void> {
  // COPY takes no parameters, and its binary form neither the time nor the memory of bytes as text.
  await tx`SELECT set_config('tidemark.snapshot_group', ${group}, true), set_config('tidemark.snapshot_topic', ${topic}, true),
    set_config('tidemark.snapshot_partition', ${String(partition)}, true)`;
  const rows = await tx`
    COPY (
      SELECT section, bucket, body FROM processor_snapshot_parts
      WHERE consumer_group = current_setting('tidemark.snapshot_group') AND topic = current_setting('tidemark.snapshot_topic')
        AND partition = current_setting('tidemark.snapshot_partition')::int
      ORDER BY section, bucket
    ) TO STDOUT (FORMAT binary)`.readable();
  await handOn(rows, onPart);
}

/** Reads to the end whatever happens: a connection of which a part is not read is of no more use. */
async function handOn(rows: Readable, onPart: (part: SnapshotPart) => void): Promise<void> {
  const decode = createRowDecoder();
  let failure: { error: unknown } | undefined;
  for await (const chunk of rows) {
    if (failure !== undefined) continue;
    try {
      for (const part of decode(chunk)) onPart(part);
    } catch (error) {
      failure = { error };
    }
  }
  // The client pauses its socket while the stream is full, and has it go on when the stream is read: at the end, nobody does.
  rows._read(0);
  if (failure !== undefined) throw failure.error;
}

interface Saving {
  ownership: Ownership;
  offset: number;
  parts: readonly SnapshotPart[];
}

async function save(tx: SqlRunner, { ownership, offset, parts }: Saving): Promise<void> {
  const { group, topic, partition, epoch, lineage } = ownership;
  const saved = await tx`
    UPDATE processor_snapshots SET log_offset = ${offset}, saved_at = now()
    WHERE consumer_group = ${group} AND topic = ${topic} AND partition = ${partition}
      AND epoch = ${epoch} AND lineage = ${lineage}`;
  if (saved.count !== 1) {
    throw new SnapshotLostError(`${topic}/${partition} was taken over since epoch ${epoch}: its snapshot is not ours`);
  }
  await dropSome(tx, ownership, parts);
  const kept = parts.filter(({ body }) => body.length > 0);
  if (kept.length === 0) return;
  const rows = await tx`
    COPY processor_snapshot_parts (consumer_group, topic, partition, section, bucket, body)
    FROM STDIN (FORMAT binary)`.writable();
  await pipeline(Readable.from(encodeRows(ownership, kept), { objectMode: false }), rows);
}

async function dropSome(
  tx: SqlRunner,
  { group, topic, partition }: SnapshotPlace,
  parts: readonly SnapshotPart[],
): Promise<void> {
  if (parts.length === 0) return;
  await tx`
    DELETE FROM processor_snapshot_parts AS part
    USING unnest(${parts.map(({ section }) => section)}::text[], ${parts.map(({ bucket }) => bucket)}::int[])
      AS changed (section, bucket)
    WHERE part.consumer_group = ${group} AND part.topic = ${topic} AND part.partition = ${partition}
      AND part.section = changed.section AND part.bucket = changed.bucket`;
}
