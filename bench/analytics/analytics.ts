import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../../platform/embedded/postgres-server.ts';
import { createLog } from '../../platform/log.ts';
import { migratePostgres } from '../../platform/migrate/migrate-postgres.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { heapFlags, TIER_HEAPS } from '../../platform/supervisor/heap-flags.ts';
import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { statefulProcessors } from '../../processors/analytics/registry.ts';
import { createPostgresSnapshots } from '../../processors/snapshots/postgres-snapshots.ts';
import type { SnapshotPart } from '../../processors/snapshots/snapshot-store.ts';
import type { Figure } from '../figures.ts';
import type { PartOptions } from '../part.ts';
import { formatTable } from '../support/table.ts';
import { BENCH_PLACE, type Restored } from './place.ts';
import { createMinute, DAY_MINUTES, SERIES_PER_TENANT, TENANTS, tenantName } from './workload.ts';

const goals = { pointsPerSecond: 500_000, bytesPerSeries: 4_096, seconds: 5, mib: 1_024 };
const run = promisify(execFile);
const restoreEntry = new URL('restore-main.ts', import.meta.url);
const foldRuns = 5;
const workloads = [
  { name: '100 series, 100 points a minute', series: 100, points: 100, minutes: 100 },
  { name: '1,000 series, 10 points a minute', series: 1_000, points: 10, minutes: 100 },
  { name: '10,000 series, 1 point a minute', series: 10_000, points: 1, minutes: 80 },
] as const;

/** (e) The stateful processors: how fast they fold, and what the state of 100,000 series takes to store and to restore. */
export async function benchAnalytics({ print }: PartOptions): Promise<Figure[]> {
  const speeds = workloads.map((workload) => ({ ...workload, ...timeFolds(workload) }));
  print(
    formatTable(
      ['workload', 'points/s', 'rows a point'],
      speeds.map(({ name, perSecond, rowsPerPoint }) => [name, Math.round(perSecond), rowsPerPoint.toFixed(2)]),
    ),
  );
  const [, typical, sparse] = speeds;
  const figures: Figure[] = [
    {
      ...{ name: 'analytics.points_per_second', value: typical?.perSecond ?? 0, unit: 'points/s' },
      goal: { atLeast: goals.pointsPerSecond },
    },
    { name: 'analytics.sparse_points_per_second', value: sparse?.perSecond ?? 0, unit: 'points/s' },
  ];
  return [...figures, ...(await timeSnapshots())];
}

interface Workload {
  series: number;
  /** Of each series and minute. */
  points: number;
  minutes: number;
}

/** The median of some runs: what else goes on in the machine makes one half as fast as the next. */
function timeFolds(workload: Workload): { perSecond: number; rowsPerPoint: number } {
  const runs = Array.from({ length: foldRuns }, () => timeFold(workload));
  const [median = { perSecond: 0, rowsPerPoint: 0 }] = runs
    .sort((a, b) => a.perSecond - b.perSecond)
    .slice(foldRuns >> 1);
  return median;
}

/** Everything but reading the log and storing rows, by the time of the core used. The first quarter warms up. */
function timeFold(workload: Workload): { perSecond: number; rowsPerPoint: number } {
  const fold = new PartitionFold(0, statefulProcessors);
  const warm = Math.floor(workload.minutes / 4);
  let points = 0;
  let rows = 0;
  let ms = 0;
  for (let minute = 0; minute < workload.minutes; minute++) {
    const batches = createMinute(tenantName(0), workload, minute);
    const before = process.cpuUsage();
    for (const [index, batch] of batches.entries()) fold.onBatch({ offset: minute * 10_000 + index, batch });
    fold.takeRecords();
    const made = fold.takeBlocks().reduce((sum, block) => sum + block.rows, 0);
    if (minute < warm) continue;
    const { user, system } = process.cpuUsage(before);
    ms += (user + system) / 1_000;
    rows += made;
    points += workload.series * workload.points;
  }
  return { perSecond: (points * 1_000) / ms, rowsPerPoint: rows / points };
}

/** The state of all processors after a day of points, one a minute, in 100,000 series: 1,000 series folded, and copied for other tenants. */
async function timeSnapshots(): Promise<Figure[]> {
  const parts = createDayOfState();
  const bytes = parts.reduce((sum, { body }) => sum + body.length, 0);
  const store = await openStore();
  try {
    const claim = { ...BENCH_PLACE, epoch: 1, lineage: undefined, freshLineage: 'bench' };
    const { ownership } = await store.snapshots.takeOver(claim, () => undefined);
    const saved = await time(() => store.snapshots.save(ownership, 1, parts));
    const restored = await restore(store.url);
    const series = SERIES_PER_TENANT * TENANTS;
    return [
      {
        ...{ name: 'analytics.state_bytes_per_series', value: bytes / series, unit: 'bytes' },
        goal: { atMost: goals.bytesPerSeries },
      },
      { name: 'analytics.snapshot_100k_series_s', value: saved, unit: 's', goal: { atMost: goals.seconds } },
      { name: 'analytics.restore_100k_series_s', value: restored.seconds, unit: 's', goal: { atMost: goals.seconds } },
      { name: 'analytics.restored_rss_mib', value: restored.restoredMib, unit: 'MiB', goal: { atMost: goals.mib } },
      { name: 'analytics.live_rss_mib', value: restored.liveMib, unit: 'MiB', goal: { atMost: goals.mib } },
      { name: 'analytics.live_rss_most_mib', value: restored.mostMib, unit: 'MiB' },
    ];
  } finally {
    await store.close();
  }
}

function createDayOfState(): SnapshotPart[] {
  const fold = new PartitionFold(0, statefulProcessors);
  const workload = { series: SERIES_PER_TENANT, points: 1, minutes: DAY_MINUTES };
  for (let minute = 0; minute < workload.minutes; minute++) {
    for (const batch of createMinute(tenantName(0), workload, minute)) fold.onBatch({ offset: 0, batch });
    fold.takeBlocks();
    fold.takeRecords();
  }
  const sections = new Set(statefulProcessors.map(({ name, version }) => `${name}@${version}`));
  const parts = fold.takeChanges().filter(({ section }) => sections.has(section));
  return parts.map((part) => ({
    ...part,
    body: Buffer.concat(Array.from({ length: TENANTS }, (_, n) => copyFor(part, n))),
  }));
}

/** The same states under the name of another tenant, of equal length. */
function copyFor({ body }: SnapshotPart, number: number): Buffer {
  const text = Buffer.from(body).toString('latin1');
  return Buffer.from(text.replaceAll(tenantName(0), tenantName(number)), 'latin1');
}

/** In a process with the heap of the tier. */
async function restore(databaseUrl: string): Promise<Restored> {
  const flags = heapFlags(TIER_HEAPS.processors);
  const { stdout } = await run(process.execPath, [...flags, fileURLToPath(restoreEntry), databaseUrl]);
  return JSON.parse(stdout);
}

async function time(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

async function openStore() {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
  const server = await startPostgres({ dataDir, log: createLog('bench', 'silent') });
  const sql = createPostgres(server.url);
  await migratePostgres(sql, await readMigrations(join(import.meta.dirname, '../../sql/postgres/migrations')));
  return {
    url: server.url,
    snapshots: createPostgresSnapshots(sql),
    async close() {
      await closePostgres(sql);
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
