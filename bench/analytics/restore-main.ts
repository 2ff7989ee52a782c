import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { statefulProcessors } from '../../processors/analytics/registry.ts';
import { createPostgresSnapshots } from '../../processors/snapshots/postgres-snapshots.ts';
import { BENCH_PLACE, type Restored } from './place.ts';
import { createMinute, DAY_MINUTES, SERIES_PER_TENANT, TENANTS, tenantName } from './workload.ts';

const mib = 1024 ** 2;
const rssMib = () => process.memoryUsage().rss / mib;

/** A process of its own, as the tier has one: what a snapshot takes to restore, and what memory its series need, then and two minutes later. */
const sql = createPostgres(process.argv[2] ?? '');
const snapshots = createPostgresSnapshots(sql);
const fold = new PartitionFold(0, statefulProcessors);
const claim = { ...BENCH_PLACE, epoch: 2, lineage: 'bench', freshLineage: 'bench' };
const before = rssMib();
const startedAt = performance.now();
await snapshots.takeOver(claim, (part) => void fold.restore(part));
const seconds = (performance.now() - startedAt) / 1_000;
const restoredMib = rssMib() - before;
for (let tenant = 0; tenant < TENANTS; tenant++) foldNextMinutes(tenantName(tenant));
const liveMib = rssMib() - before;
await closePostgres(sql);
console.log(JSON.stringify({ seconds, restoredMib, liveMib } satisfies Restored));

/** So that every series has its windows, baselines and counts at hand. */
function foldNextMinutes(tenant: string): void {
  for (const minute of [DAY_MINUTES, DAY_MINUTES + 1]) {
    const batches = createMinute(tenant, { series: SERIES_PER_TENANT, points: 1 }, minute);
    for (const batch of batches) fold.onBatch({ offset: 0, batch });
    fold.takeBlocks();
    fold.takeRecords();
  }
}
