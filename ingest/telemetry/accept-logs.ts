import type { IncomingLog } from '../../schemas/api/telemetry.ts';
import type { LogEvent } from '../../schemas/telemetry/log-batch.ts';
import { type AcceptContext, type Accepted, acceptAll, serviceOf, startRun, textOf, timeOf } from './accept-item.ts';
import { metadataOf } from './accept-metadata.ts';

/** The log events of one request as they go into the log. Their shape has been checked against IncomingLogSchema, or will be refused by it. */
export function acceptLogs(logs: readonly IncomingLog[], context: AcceptContext): Accepted<LogEvent> {
  const run = startRun(context);
  return acceptAll(run, logs, ({ service, level, message, timestamp, traceId, spanId, metadata }) => ({
    id: context.ids.at(run.index),
    service: serviceOf(run, service),
    level,
    message,
    at: timeOf(run, timestamp),
    traceId: textOf(traceId),
    spanId: textOf(spanId),
    metadata: metadataOf(run, metadata),
  }));
}
