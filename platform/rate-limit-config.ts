/** Requests a minute and credential, by category. */
export interface RateLimitSettings {
  ingest: number;
  query: number;
  admin: number;
}

export const MAX_RATE_LIMIT = 1_000_000_000;
export const rateLimitsExpected =
  'on, off, or requests a minute by category such as ingest=20000,query=1000 (ingest, query, admin)';

const entryPattern = /^(ingest|query|admin)=([1-9]\d{0,9})$/;

/** Reads on, off or `ingest=20000,admin=100`; undefined when it is malformed or names a category twice. */
export function parseRateLimits(text: string): boolean | Partial<RateLimitSettings> | undefined {
  if (['on', '1', 'true'].includes(text)) return true;
  if (['off', '0', 'false'].includes(text)) return false;
  const entries = text.split(',').map((entry) => entryPattern.exec(entry.trim()));
  const limits = Object.fromEntries(entries.map((match) => [match?.[1] ?? '', Number(match?.[2])]));
  const isWellFormed = Object.values(limits).every((limit) => limit >= 1 && limit <= MAX_RATE_LIMIT);
  return isWellFormed && Object.keys(limits).length === entries.length ? limits : undefined;
}
