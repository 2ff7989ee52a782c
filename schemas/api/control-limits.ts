/** Every limit of the configuration endpoints as a client meets it. */
export const CONTROL_LIMITS = {
  nameLength: 200,
  organizationCodeLength: 32,
  slugLength: 63,
  capabilityCodeLength: 64,
  metricTypeLength: 64,
  /** Metric types that can be defined together with a capability. */
  metricTypes: 100,
  unitLength: 32,
  dimensionNameLength: 64,
  dimensionValueLength: 256,
  /** As many keys as an object in a request body may have. */
  slaTargets: 64,
  minRetentionDays: 1,
  /** A century: enough to send the oldest records of a business. */
  maxRetentionDays: 36_500,
  defaultRetentionDays: 365,
  planLength: 32,
  emailLength: 254,
  /** Requests a second that a key can be limited to. */
  maxRateLimitRps: 1_000_000,
  minTokenLifetimeS: 60,
  maxTokenLifetimeS: 3_600,
  defaultTokenLifetimeS: 900,
  defaultTokensPage: 100,
  maxTokensPage: 200,
} as const;

/** At least one visible character and no control characters. */
export const visibleTextPattern = '^(?=.*\\S)[^\\u0000-\\u001f\\u007f]*$';
