/** Begins the names of the metrics that count the log events of a service by level, `logs.error`. */
export const LOG_METRICS = 'logs.';

/** Whether no client may send a metric of this name, as it would be mixed up with the counts of log events. */
export const isReservedMetric = (name: string): boolean => name.startsWith(LOG_METRICS);
