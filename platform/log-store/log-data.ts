import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopicSettings } from '../../schemas/topics.ts';
import { lockDirectory } from '../directory-lock.ts';
import { Broker } from './broker.ts';
import { replaceFile } from './durable-files.ts';
import { LogCorruptError } from './log-store.ts';
import { openOffsetFiles } from './offset-files.ts';
import { partitionKey } from './offset-store.ts';
import type { OpenFile } from './segment.ts';
import type { Recovery } from './segment-recovery.ts';
import { openPartition, SEGMENT_BYTES, type SegmentedPartition } from './segmented-partition.ts';

/** What the operator should hear about. */
export type LogEvent =
  | { kind: 'recovered'; topic: string; partition: number; recovery: Exclude<Recovery, { kind: 'clean' }> }
  | { kind: 'retained'; topic: string; partition: number; removedSegments: number }
  | { kind: 'failed'; doing: string; error: unknown };

export interface LogDataOptions {
  dir: string;
  topics: Readonly<Record<string, TopicSettings>>;
  /** Default 64 MiB. */
  segmentBytes?: number | undefined;
  /** Default: every minute. */
  retentionCheckMs?: number | undefined;
  revokeTimeoutMs?: number | undefined;
  /** Milliseconds since the epoch. */
  now?: (() => number) | undefined;
  onEvent?: ((event: LogEvent) => void) | undefined;
  openFile?: OpenFile | undefined;
}

/** The opened data of a log: this process is its only writer until `close`. */
export interface LogData {
  broker: Broker;
  /** One check of age and size, also made periodically. */
  retain(): Promise<void>;
  /** Lets queued appends become durable, then gives the directory back. */
  close(): Promise<void>;
}

/** How the files are written; another one needs another version of Tidemark. */
const FORMAT = 'tidemark-log 1\n';

const RETENTION_CHECK_MS = 60_000;

interface OpenedPartition {
  topic: string;
  partition: number;
  log: SegmentedPartition;
}

/**
 * Opens or creates the log in a directory: `topics/<topic>-<partition>/<first offset>.segment`, `groups/<group>.json`, `format`, `lock`.
 * Rejects with DirectoryLockedError when another server has it, with LogCorruptError when it cannot be understood.
 */
export async function openLogData(options: LogDataOptions): Promise<LogData> {
  const { dir, topics, onEvent = () => undefined } = options;
  await mkdir(join(dir, 'topics'), { recursive: true });
  const unlock = lockDirectory(dir, () => `the log in ${dir} is in use by another log server`);
  try {
    await checkFormat(join(dir, 'format'));
    const opened = await openPartitions(options, onEvent);
    const partitions = new Map(opened.map(({ topic, partition, log }) => [partitionKey(topic, partition), log]));
    const offsets = await openOffsetFiles(join(dir, 'groups'));
    const broker = new Broker({ topics, partitions, offsets, revokeTimeoutMs: options.revokeTimeoutMs });
    const retain = () => retainAll(opened, onEvent);
    const timer = setInterval(() => void retain(), options.retentionCheckMs ?? RETENTION_CHECK_MS);
    return { broker, retain, close: () => closeAll({ opened, timer, unlock }) };
  } catch (error) {
    unlock();
    throw error;
  }
}

async function checkFormat(path: string): Promise<void> {
  const format = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (format === undefined) await replaceFile(path, FORMAT);
  else if (format !== FORMAT)
    throw new LogCorruptError(`${path} names the format ${JSON.stringify(format)}, not ${JSON.stringify(FORMAT)}`);
}

async function openPartitions(options: LogDataOptions, onEvent: (event: LogEvent) => void): Promise<OpenedPartition[]> {
  const { dir, segmentBytes = SEGMENT_BYTES, now = Date.now, openFile } = options;
  const opened: OpenedPartition[] = [];
  for (const [topic, settings] of Object.entries(options.topics)) {
    for (let partition = 0; partition < settings.partitions; partition++) {
      const path = join(dir, 'topics', `${topic}-${partition}`);
      const { partition: log, recovery } = await openPartition({ dir: path, settings, segmentBytes, now, openFile });
      if (recovery.kind !== 'clean') onEvent({ kind: 'recovered', topic, partition, recovery });
      opened.push({ topic, partition, log });
    }
  }
  return opened;
}

async function retainAll(opened: readonly OpenedPartition[], onEvent: (event: LogEvent) => void): Promise<void> {
  for (const { topic, partition, log } of opened) {
    try {
      const removedSegments = await log.retain();
      if (removedSegments > 0) onEvent({ kind: 'retained', topic, partition, removedSegments });
    } catch (error) {
      onEvent({ kind: 'failed', doing: `retention of ${partitionKey(topic, partition)}`, error });
    }
  }
}

async function closeAll(data: {
  opened: readonly OpenedPartition[];
  timer: NodeJS.Timeout;
  unlock: () => void;
}): Promise<void> {
  clearInterval(data.timer);
  await Promise.all(data.opened.map(({ log }) => log.close()));
  data.unlock();
}
