/** Every limit of an event as a client meets it. The body as a whole is limited by the HTTP server. */
export const EVENT_LIMITS = {
  batchEvents: 1_000,
  codeLength: 64,
  metricTypeLength: 64,
  idLength: 64,
  correlationIdLength: 256,
  dimensions: 32,
  dimensionNameLength: 64,
  dimensionValueLength: 256,
  idempotencyKeyLength: 255,
  futureMs: 10 * 60_000,
  /** Issues named in one answer; one more then says how many there are beyond. */
  issues: 100,
} as const;
