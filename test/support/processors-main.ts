import { runService } from '../../platform/service.ts';
import { startProcessors } from '../../processors/start-processors.ts';

/** The processors' tier with snapshots in quick succession (`SNAPSHOT_MS`), that adds no time of its own to the log. */
const snapshotMs = Number(process.env.SNAPSHOT_MS);
const tuning = { limits: { snapshotMs, flushMs: 100 }, tellsTime: false };
await runService({ name: 'processors', start: () => startProcessors(undefined, tuning) });
