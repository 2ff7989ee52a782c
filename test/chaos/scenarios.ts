import { clickhouseScenarios } from './clickhouse/scenarios.ts';
import { diskFullScenarios } from './disk-full/scenarios.ts';
import { disorderScenarios } from './disorder/scenarios.ts';
import { kafkaScenarios } from './kafka/scenarios.ts';
import { killFailpoints } from './kill/at-failpoints.ts';
import { killClickHouse } from './kill/clickhouse.ts';
import { killIngest } from './kill/ingest.ts';
import { killPostgres } from './kill/postgres.ts';
import { killProcessors } from './kill/processors.ts';
import { killSink } from './kill/sink.ts';
import { scaleOutEmbedded, scaleOutKafka } from './scale-out.ts';
import type { Scenario } from './scenario.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  killIngest,
  killSink,
  killFailpoints,
  killProcessors,
  killClickHouse,
  killPostgres,
  scaleOutEmbedded,
  scaleOutKafka,
  ...kafkaScenarios,
  ...clickhouseScenarios,
  ...disorderScenarios,
  ...diskFullScenarios,
];
