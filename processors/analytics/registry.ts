import { anomalies } from '../anomalies/anomalies.ts';
import { cases } from '../cases/cases.ts';
import { rollingPercentiles } from '../percentiles/rolling-percentiles.ts';
import { slo } from '../slo/slo.ts';
import type { AnyStatefulProcessor } from './stateful-processor.ts';

/** Every stateful processor of the tier, one line each. */
export const statefulProcessors: readonly AnyStatefulProcessor[] = [rollingPercentiles, anomalies, slo, cases];
