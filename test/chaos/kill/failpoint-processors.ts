import { createClickHouse } from '../../../platform/clickhouse.ts';
import { openLogStore } from '../../../platform/log-store/open.ts';
import { runService } from '../../../platform/service.ts';
import { startProcessors } from '../../../processors/start-processors.ts';
import { withClickHouseFailpoints, withLogFailpoints } from './failpoint-ports.ts';
import { createFailpoint, isFailpointName } from './failpoints.ts';
import { watchWay } from './insert-watch.ts';

// The processors' tier as it is, but for its ways to the stores: it kills itself the nth time it comes to a place. Arguments: place, nth.
const [name, nth = '1'] = process.argv.slice(2);
if (!isFailpointName(name)) throw new Error(`${name} is no failpoint`);
const failpoint = createFailpoint(name, Number(nth));
const way = await watchWay(process.env.CLICKHOUSE_URL ?? '');

await runService({
  name: 'processors',
  start: () =>
    startProcessors({
      openLogStore: async (config) => withLogFailpoints(await openLogStore(config), failpoint),
      createClickHouse: (_url, options) => withClickHouseFailpoints(createClickHouse(way.url, options), failpoint, way),
    }),
});
