import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Before anything else is imported, and inherited by every child: from the second start on nothing is compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules', '.cache', 'tidemark');
enableCompileCache(process.env.NODE_COMPILE_CACHE);
const { runService } = await import('./platform/service.ts');
const { startSupervisor } = await import('./platform/supervisor/supervisor.ts');
const { TIER_HEAPS } = await import('./platform/supervisor/heap-flags.ts');
const { prepareStores } = await import('./platform/supervisor/prepare.ts');
const { endWithParent } = await import('./platform/supervisor/end-with-parent.ts');

if (process.env.npm_lifecycle_event !== undefined) endWithParent();
const entry = (path: string) => new URL(path, import.meta.url);

await runService({
  name: 'tidemark',
  start: () =>
    startSupervisor({
      env: process.env,
      tiers: [
        {
          name: 'ingest',
          entry: entry('./ingest/main.ts'),
          heap: TIER_HEAPS.ingest,
          writesAnalytics: false,
          stopPhase: 1,
        },
        {
          name: 'query-api',
          entry: entry('./query-api/main.ts'),
          heap: TIER_HEAPS.queryApi,
          writesAnalytics: false,
          stopPhase: 1,
        },
        {
          name: 'processors',
          entry: entry('./processors/main.ts'),
          heap: TIER_HEAPS.processors,
          writesAnalytics: true,
          stopPhase: 2,
        },
      ],
      prepare: prepareStores,
      say: (line) => console.log(line),
    }),
});
