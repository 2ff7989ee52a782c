import { CONTROL_RECORD_SCHEMA } from './control/control-record.ts';
import { EVENT_BATCH_SCHEMA } from './events/event-batch.ts';
import { SIGNAL_BATCH_SCHEMA } from './signals/signal-batch.ts';
import { ALERT_BATCH_SCHEMA } from './telemetry/alert-batch.ts';
import { DEPLOYMENT_BATCH_SCHEMA } from './telemetry/deployment-batch.ts';
import { EDGE_BATCH_SCHEMA } from './telemetry/edge-batch.ts';
import { LOG_BATCH_SCHEMA } from './telemetry/log-batch.ts';
import { METRIC_BATCH_SCHEMA } from './telemetry/metric-batch.ts';

const render = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`;

/** The files of schemas/avsc by name: the wire schemas for programs in other languages. */
export const AVSC_FILES: Readonly<Record<string, string>> = {
  'control-record.avsc': render(CONTROL_RECORD_SCHEMA),
  'event-batch.avsc': render(EVENT_BATCH_SCHEMA),
  'alert-batch.avsc': render(ALERT_BATCH_SCHEMA),
  'deployment-batch.avsc': render(DEPLOYMENT_BATCH_SCHEMA),
  'edge-batch.avsc': render(EDGE_BATCH_SCHEMA),
  'log-batch.avsc': render(LOG_BATCH_SCHEMA),
  'signal-batch.avsc': render(SIGNAL_BATCH_SCHEMA),
  'metric-batch.avsc': render(METRIC_BATCH_SCHEMA),
};
