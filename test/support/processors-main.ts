import { runService } from '../../platform/service.ts';
import { startProcessors } from '../../processors/start-processors.ts';

/** The processors' tier with snapshots in quick succession: `SNAPSHOT_MS`. */
const snapshotMs = Number(process.env.SNAPSHOT_MS);
await runService({ name: 'processors', start: () => startProcessors(undefined, { snapshotMs, flushMs: 100 }) });
