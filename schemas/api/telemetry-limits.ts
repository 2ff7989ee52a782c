/** Every limit of logs, metrics and deployments as a client meets it. The body as a whole is limited by the HTTP server. */
export const TELEMETRY_LIMITS = {
  /** Items of one request with a JSON body. */
  batchLogs: 10_000,
  batchMetrics: 10_000,
  batchDeployments: 1_000,
  serviceLength: 128,
  messageLength: 65_536,
  traceIdLength: 128,
  spanIdLength: 128,
  metricNameLength: 256,
  unitLength: 64,
  versionLength: 256,
  environmentLength: 64,
  gitHashLength: 128,
  /** Names in `labels` or `metadata`. */
  names: 64,
  metadataNameLength: 128,
  /** Of a value as text; nested values are kept as JSON text. */
  metadataValueLength: 8_192,
  labelValueLength: 256,
  /** Issues named in one answer. */
  issues: 10,
} as const;
