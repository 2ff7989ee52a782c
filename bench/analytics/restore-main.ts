import { setTimeout as delay } from 'node:timers/promises';
import { keepMemoryReducerAwake } from '../../platform/memory-reducer.ts';
import { closePostgres, createPostgres } from '../../platform/postgres.ts';
import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { statefulProcessors } from '../../processors/analytics/registry.ts';
import { createPostgresSnapshots } from '../../processors/snapshots/postgres-snapshots.ts';
import { BENCH_PLACE, type Restored } from './place.ts';
import { createMinute, DAY_MINUTES, SERIES_PER_TENANT, TENANTS, tenantName } from './workload.ts';

const mib = 1024 ** 2;
const rssMib = () => process.memoryUsage().rss / mib;

/** Of the records of one tenant: two minutes of all tenants then take one. */
const paceMs = 300;
/** After a load V8 gives memory back within this time. */
const restMs = 15_000;

/**
 * A process of its own, as the tier has one: what a snapshot takes to restore, and what memory its series need, then and while two minutes of their points
 * come at twice the pace they would have.
 */
keepMemoryReducerAwake();
const sql = createPostgres(process.argv[2] ?? '');
const snapshots = createPostgresSnapshots(sql);
const fold = new PartitionFold(0, statefulProcessors);
const claim = { ...BENCH_PLACE, epoch: 2, lineage: 'bench', freshLineage: 'bench' };
const before = rssMib();
const startedAt = performance.now();
await snapshots.takeOver(claim, (part) => void fold.restore(part));
const seconds = (performance.now() - startedAt) / 1_000;
const restoredMib = rssMib() - before;
let mostMib = 0;
for (const minute of [DAY_MINUTES, DAY_MINUTES + 1]) {
  for (let tenant = 0; tenant < TENANTS; tenant++) {
    foldMinute(tenantName(tenant), minute);
    await delay(paceMs);
    mostMib = Math.max(mostMib, rssMib());
  }
}
await delay(restMs);
const liveMib = rssMib() - before;
await closePostgres(sql);
console.log(JSON.stringify({ seconds, restoredMib, liveMib, mostMib: mostMib - before } satisfies Restored));

/** After two of them every series has its windows, baselines and counts at hand. */
function foldMinute(tenant: string, minute: number): void {
  for (const batch of createMinute(tenant, { series: SERIES_PER_TENANT, points: 1 }, minute)) {
    fold.onBatch({ offset: 0, batch });
  }
  fold.takeBlocks();
  fold.takeRecords();
}
