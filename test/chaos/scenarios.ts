import { clickhouseScenarios } from './clickhouse-scenarios.ts';
import { diskFullScenarios } from './disk-full-scenarios.ts';
import { disorderScenarios } from './disorder-scenarios.ts';
import { killIngest } from './kill-ingest.ts';
import { killProcessors } from './kill-processors.ts';
import { killSink } from './kill-sink.ts';
import { scaleOutEmbedded, scaleOutKafka } from './scale-out.ts';
import type { Scenario } from './scenario.ts';

/** Every scenario, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  killIngest,
  killSink,
  killProcessors,
  scaleOutEmbedded,
  scaleOutKafka,
  ...clickhouseScenarios,
  ...disorderScenarios,
  ...diskFullScenarios,
];
