import { alerts } from './alerts.ts';
import { deployments } from './deployments.ts';
import { edges } from './edges.ts';
import { logs } from './logs.ts';
import { metrics } from './metrics.ts';
import type { AnyStream } from './stream.ts';

/** Every stream of telemetry, one line each. */
export const telemetryStreams: readonly AnyStream[] = [metrics, logs, deployments, edges, alerts];
