import { runService } from '../../../platform/service.ts';
import { prepareStores } from '../../../platform/supervisor/prepare.ts';
import { startSupervisor } from '../../../platform/supervisor/supervisor.ts';

const entry = (path: string) => new URL(path, import.meta.url);

await runService({
  name: 'tidemark',
  start: () =>
    startSupervisor({
      env: process.env,
      tiers: [
        { name: 'ingest', entry: entry('./ingest.ts'), writesAnalytics: false, stopPhase: 1 },
        { name: 'query-api', entry: entry('./query-api.ts'), writesAnalytics: false, stopPhase: 1 },
        { name: 'processors', entry: entry('./processors.ts'), writesAnalytics: true, stopPhase: 2 },
      ],
      prepare: prepareStores,
      say: (line) => console.log(line),
    }),
});
